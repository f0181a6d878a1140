/** `set`, `unset`, `remove`: changes of settings in the draft; `get` and `layer`: what a machine gets and what a level holds. */
import type { Command } from 'commander';

import { isObject, type Json, type JsonObject } from '../schema/json.ts';
import { isAround, parts, pointer, valueAt } from '../schema/pointer.ts';
import type { LiftSettingsChange } from '../schema/types.generated.ts';
import { amend, inWords, type PlanOption } from './changes.ts';
import { Failure } from './failure.ts';
import { command, revisionNumber } from './options.ts';
import { ruleInWords } from './pin-view.ts';
import type { Session } from './session.ts';
import { shown } from './shown.ts';
import { readValue } from './value.ts';

const levelHelp = 'cluster, group/NAME or machine/NAME';
const planHelp = 'only show what would change on each machine';
const pathHelp = 'a JSON Pointer, the first slash may be left out: listeners/public/certificate';

export function settingsCommands(program: Command, session: () => Session): void {
  command(
    program,
    'set',
    'set a setting at a level, in your draft',
    'signet set cluster listeners/public/certificate mx',
    `signet set cluster destinations/example.org '{"tls":"required"}'`,
  )
    .argument('<level>', levelHelp)
    .argument('<path>', pathHelp)
    .argument('<value>', 'text, or JSON where the setting wants a number, a list or an object')
    .option('--plan', planHelp)
    .action(async (level: string, path: string, value: string, options: PlanOption) => {
      const at = parts(path);
      await amend(session(), [{ op: 'set', level, path: pointer(at), value: readValue(value, at) }], options);
    });

  command(
    program,
    'unset',
    'take a setting from a level, in your draft, so that it is inherited again',
    'signet unset machine/mx2 certificates/mx',
  )
    .argument('<level>', levelHelp)
    .argument('<path>', pathHelp)
    .option('--plan', planHelp)
    .action(async (level: string, path: string, options: PlanOption) => {
      await amend(session(), [{ op: 'unset', level, path: settingAt(path) }], options);
    });

  command(
    program,
    'remove',
    'remove, in your draft, what the levels above set: it is then not there, rather than inherited',
    'signet remove machine/mx2 listeners/submission',
  )
    .argument('<level>', levelHelp)
    .argument('<path>', pathHelp)
    .option('--plan', planHelp)
    .action(async (level: string, path: string, options: PlanOption) => {
      await amend(session(), [{ op: 'remove', level, path: settingAt(path) }], options);
    });

  command(
    program,
    'copy',
    'say at one level, in your draft, what another level says at a path',
    'signet copy destinations --from machine/mx1 --to cluster --plan',
  )
    .argument('<path>', `${pathHelp}; / for everything`)
    .requiredOption('--from <level>', levelHelp)
    .requiredOption('--to <level>', levelHelp)
    .option('--replace', 'replace what the target says otherwise; without, that is named and nothing is copied')
    .option('--plan', planHelp)
    .action(async (path: string, options: TransferOptions) => transfer(session(), 'copy-settings', path, options));

  command(
    program,
    'move',
    'the same, and unset it where it came from',
    'signet move protocols --from group/edge --to cluster --plan',
  )
    .argument('<path>', `${pathHelp}; / for everything`)
    .requiredOption('--from <level>', levelHelp)
    .requiredOption('--to <level>', levelHelp)
    .option('--replace', 'replace what the target says otherwise; without, that is named and nothing is moved')
    .option('--plan', planHelp)
    .action(async (path: string, options: TransferOptions) => transfer(session(), 'move-settings', path, options));

  command(
    program,
    'lift',
    'say at a level, in your draft, what machines below it say alike, and unset it there: no machine gets anything else by it',
    'signet lift --to cluster --plan',
    'signet lift mx1 mx2 --to group/edge',
  )
    .argument('[machine...]', 'the machines; without, all of --from or all below --to')
    .requiredOption('--to <level>', 'cluster or group/NAME')
    .option('--from <level>', 'group/NAME: the machines of a group')
    .option('--plan', planHelp)
    .action(async (machines: readonly string[], { from, to, plan }: LiftOptions) => {
      const which = { ...(machines.length > 0 ? { machines } : {}), ...(from === undefined ? {} : { from }) };
      await lift(session(), { op: 'lift-settings', to, ...which }, plan ? { plan } : {});
    });

  command(program, 'get', 'show the settings a machine gets, each with its level', 'signet get mx2 listeners/public')
    .argument('<machine>')
    .argument('[path]', pathHelp)
    .option('--revision <n>', 'at this revision instead of the newest', revisionNumber)
    .action(async (machine: string, path: string | undefined, options: { readonly revision?: number }) => {
      await showEffective(session(), machine, parts(path ?? ''), options.revision);
    });

  command(program, 'layer', 'show the settings held at one level', 'signet layer machine/mx2')
    .argument('<level>', levelHelp)
    .action(async (level: string) => {
      const { controller, print } = session();
      const answer = await controller.layer(level);
      print.show(answer, () => {
        const held = leaves(answer.layer as JsonObject, []).filter(({ path }) => path !== '');
        if (held.length === 0) print.line(`${level} holds no settings at r${answer.revision}`);
        else
          print.table(
            ['PATH', 'VALUE'],
            held.map(({ path, value }) => [path, shown(value)]),
          );
      });
    });
}

interface LiftOptions extends PlanOption {
  readonly from?: string;
  readonly to: string;
}

async function lift(session: Session, change: LiftSettingsChange, options: PlanOption): Promise<void> {
  const { controller, print } = session;
  // What goes is worth seeing either way: the effect on the machines is that there is none.
  const { operations } = await controller.planDraft([change]);
  const lifted = operations.flatMap((operation) => (operation.op === 'set' ? [inWords(operation)] : []));
  const unset = operations.filter(({ op }) => op === 'unset').length;
  if (!print.json) {
    for (const line of lifted) print.line(line);
    print.line(`${unset} settings of machines go with that`);
  }
  await amend(session, [change], options);
}

interface TransferOptions extends PlanOption {
  readonly from: string;
  readonly to: string;
  readonly replace?: true;
}

async function transfer(
  session: Session,
  op: 'copy-settings' | 'move-settings',
  path: string,
  { from, to, replace, plan }: TransferOptions,
): Promise<void> {
  const change = { op, path: settingAt(path), from, to, ...(replace ? { replace } : {}) } as const;
  await amend(session, [change], plan ? { plan } : {});
}

/** The pointer of a path as it may be typed; a single slash is everything a level holds. */
function settingAt(path: string): string {
  return path === '/' ? '' : pointer(parts(path));
}

async function showEffective(
  session: Session,
  machine: string,
  path: readonly string[],
  revision?: number,
): Promise<void> {
  const { controller, print } = session;
  const answer = await controller.effective(machine, revision);
  const value = valueAt(answer.settings as JsonObject, path);
  const at = pointer(path);
  if (value === undefined) {
    throw new Failure(
      'refused',
      `${machine} has nothing at ${at} in r${answer.revision}; signet get ${machine} shows what it has`,
    );
  }
  const found = leaves(value, path);
  const origins = Object.fromEntries(found.map((leaf) => [leaf.path, origin(answer.origins, leaf.path)]));
  const part = { machine, revision: answer.revision, path: at, value, origins };
  print.show(at === '' ? answer : part, () =>
    print.table(
      ['PATH', 'VALUE', 'FROM'],
      found.map((leaf) => [leaf.path, shown(leaf.value), { text: origins[leaf.path] ?? '', tone: 'dim' }]),
    ),
  );
  for (const pin of print.json ? [] : answer.pins.filter((one) => isAround(one.pointer, path)))
    print.note({ text: `pinned: ${pin.pointer} ${ruleInWords(pin)} at ${pin.level}`, tone: 'dim' });
}

/** The level a value came from; the fields of a unit, such as a certificate binding, share the origin of the unit. */
function origin(origins: Readonly<Record<string, string>>, at: string): string {
  return origins[at] ?? (at === '' ? '' : origin(origins, at.slice(0, at.lastIndexOf('/'))));
}

function leaves(value: Json, path: readonly string[]): readonly { readonly path: string; readonly value: Json }[] {
  if (!isObject(value) || Object.keys(value).length === 0) return [{ path: pointer(path), value }];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]));
}
