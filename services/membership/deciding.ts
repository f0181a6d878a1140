/** What is decided on the differences of a machine that is reconnected, and the changes of the configuration that come of it. Pure. */
import { same } from '../config/merge.ts';
import { NamedError, type Finding } from '../errors.ts';
import type { Present } from '../platforms/postfix/present/present.ts';
import { canonicalJson, isObject, type Json, type JsonObject } from '../schema/json.ts';
import { parts, pointer, valueAt } from '../schema/pointer.ts';
import type { Operation } from '../schema/types.generated.ts';
import { listenerLike, meant } from './meant.ts';
import { isOpen, type Difference, type Sides } from './reconnect.ts';

export interface Decisions {
  /** Paths of differences; the first slash may be left out. */
  readonly keep?: readonly string[];
  readonly take?: readonly string[];
  /** What becomes of what was changed on the machine, and is named in neither. */
  readonly rest?: 'keep' | 'take';
}

/**
 * The differences whose machine's value is taken. Throws `undecided`, naming each, where something was changed on the machine and
 * nobody has said what becomes of it, and `invalid-input` for what there is no difference at, and what cannot be taken.
 */
export function taken(
  machine: string,
  differences: readonly Difference[],
  { keep = [], take = [], rest }: Decisions,
): readonly Difference[] {
  const named = (path: string) => differences.filter((one) => one.path === path || one.path === `/${path}`);
  for (const path of [...keep, ...take]) {
    if (named(path).length > 0) continue;
    throw new NamedError('invalid-input', `${machine} has no difference at ${path}; look at its plan`);
  }
  const [kept, took] = [keep.flatMap(named), take.flatMap(named)];
  const both = took.find((one) => kept.includes(one));
  if (both) throw new NamedError('invalid-input', `${both.path} cannot be both kept and taken; say one of them`);
  const stuck = took.find(({ obstacle }) => obstacle !== undefined);
  if (stuck) {
    throw new NamedError(
      'invalid-input',
      `${stuck.path} cannot be taken: ${stuck.obstacle ?? ''}; keep it, which overwrites it on ${machine}`,
    );
  }
  const left = differences.filter((one) => isOpen(one) && !kept.includes(one) && !took.includes(one));
  const undecided = left.filter(({ obstacle }) => rest === undefined || (rest === 'take' && obstacle !== undefined));
  if (undecided.length > 0) {
    throw new NamedError(
      'undecided',
      `${machine} stays disconnected: ${undecided.length === 1 ? 'one difference waits' : `${undecided.length} differences wait`} for a decision, ${undecided.map(({ path }) => path).join(', ')}; keep what the configuration has, or take what ${machine} has, for each`,
      { findings: undecided.map((one) => finding(machine, one)) },
    );
  }
  return [...took, ...(rest === 'take' ? left : [])];
}

function finding(machine: string, { path, edits, obstacle }: Difference): Finding {
  const only = obstacle === undefined ? '' : `; it can only be kept: ${obstacle}`;
  return { machine, ...(path.startsWith('/') ? { pointer: path } : {}), detail: `${edits.join('; ')}${only}` };
}

/** What makes the machine's own values its layer. */
export function takeOperations(machine: string, chosen: readonly Difference[], sides: Sides): readonly Operation[] {
  const level = `machine/${machine}`;
  const names = new Map<string, string>();
  const operations = chosen.flatMap((one) => (one.read ? fromMachine(one, one.read) : [asBefore(one)]));
  return [...new Map(operations.map((one) => [canonicalJson(one as unknown as Json), one])).values()];

  function set(path: readonly string[], value: Json | undefined): Operation {
    const at = { level, path: pointer(path) };
    return value === undefined ? { op: 'remove', ...at } : { op: 'set', ...at, value };
  }

  /** What was changed in the configuration only: as it was; an entry that there was none of is removed whole. */
  function asBefore({ path }: Difference): Operation {
    const at = parts(path);
    const { before = {} } = sides;
    const value = valueAt(before, at);
    if (value !== undefined) return set(at, value);
    const depth = at.findIndex((_part, index) => valueAt(before, at.slice(0, index + 1)) === undefined);
    return set(at.slice(0, depth + 1), undefined);
  }

  function fromMachine({ path }: Difference, read: readonly string[]): readonly Operation[] {
    const at = parts(path);
    const { head, live } = sides;
    const value = valueAt(live.layer, read);
    if (path === '/destinations') return destinations();
    if (path === '/outbound/trust') return trust(value);
    if (at.at(-1) === 'certificate' && value !== undefined) {
      const binding = meant(live.layer, read);
      const own = at[0] === 'listeners' ? (at[1] ?? '') : 'client';
      return named('certificates', binding, own, (name) => set(at, name));
    }
    if (at.at(-1) === 'policy') {
      const present = valueAt(head, at);
      const policy = typeof present === 'string' ? valueAt(head, ['mailFlowPolicies', present]) : undefined;
      const tls = meant(live.layer, read);
      if (typeof tls !== 'string') return [];
      return named('mailFlowPolicies', { ...(isObject(policy) ? policy : {}), tls }, tls, (name) => set(at, name));
    }
    return [set(at, value)];
  }

  /** The entry of a table that says this, or a new one; `use` sets what refers to it. */
  function named(
    table: string,
    value: Json | undefined,
    own: string,
    use: (name: string) => Operation,
  ): readonly Operation[] {
    if (value === undefined) return [];
    const entries = (sides.head[table] ?? {}) as JsonObject;
    const there = Object.keys(entries).find((name) => same(entries[name], value));
    if (there !== undefined) return [use(there)];
    const key = canonicalJson([table, value]);
    const known = names.get(key) ?? unused(entries, `${own}-found`);
    names.set(key, known);
    return [set([table, known], value), use(known)];
  }

  function unused(entries: JsonObject, base: string): string {
    const isFree = (name: string) => !Object.hasOwn(entries, name) && ![...names.values()].includes(name);
    if (isFree(base)) return base;
    for (let number = 2; ; number += 1) if (isFree(`${base}-${number}`)) return `${base}-${number}`;
  }

  function destinations(): readonly Operation[] {
    const [has, wants] = [sides.live.layer['destinations'], sides.head['destinations']] as readonly JsonObject[];
    const domains = [...new Set([...Object.keys(has ?? {}), ...Object.keys(wants ?? {})])];
    return domains
      .filter((domain) => domain !== 'default' && !same(has?.[domain], wants?.[domain]))
      .map((domain) => set(['destinations', domain], has?.[domain]));
  }

  function trust(value: Json | undefined): readonly Operation[] {
    const lists = (value ?? []) as readonly string[];
    const made = lists.map((name) => {
      const list = valueAt(sides.live.layer, ['trust', name]);
      if (list === undefined) return { name, operations: [] };
      const operations = named('trust', list, 'outbound', (found) => set(['outbound', 'trust'], found));
      const last = operations.at(-1);
      return { name: last?.op === 'set' ? String(last.value) : name, operations: operations.slice(0, -1) };
    });
    return [
      ...made.flatMap(({ operations }) => operations),
      set(
        ['outbound', 'trust'],
        made.map(({ name }) => name),
      ),
    ];
  }
}

/** Of what is taken, what the machine would not have by it: read of it as it would be after the push. */
export function unproven(chosen: readonly Difference[], live: Present, after: Present): readonly Difference[] {
  return chosen.filter(({ read }) => {
    if (!read) return false;
    const [section, name = '', ...rest] = read;
    const listener = section === 'listeners' ? listenerLike(live.layer, name, after.layer) : undefined;
    const there = section === 'listeners' ? ['listeners', listener ?? '', ...rest] : read;
    return !same(meant(live.layer, read), meant(after.layer, there));
  });
}
