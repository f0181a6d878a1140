/** Accepting a plan: what a join takes from it, and what may not be otherwise by then. Pure. */
import { leaves } from '../config/leaves.ts';
import { NamedError, type Finding } from '../errors.ts';
import { canonicalJson, type JsonObject } from '../schema/json.ts';
import type { AcceptedJoin, KeptPlan } from '../schema/types.generated.ts';
import type { ChosenJoin } from './contract.ts';
import type { Proposal } from './plans/service.ts';

/** What is asked for, with what the accepted plan says of it. Throws `invalid-input` where the two contradict each other. */
export function chosenJoin({ accept, ...asked }: AcceptedJoin, kept: KeptPlan | undefined): ChosenJoin {
  if (!kept) {
    const { name, host, hostKey } = asked;
    if (name !== undefined && host !== undefined && hostKey !== undefined) return { ...asked, name, host, hostKey };
    throw new NamedError('invalid-input', 'a join that accepts no plan needs name, host and hostKey; add them');
  }
  const { user, claim, plan } = kept;
  const { name, host, port, group, hostKey } = plan;
  const planned = { name, host, port, group, hostKey, ...(claim && { claim }) };
  const fields = [
    ...(['name', 'host', 'port', 'group', 'hostKey', 'claim'] as const).map(
      (field) => [field, planned[field], asked[field]] as const,
    ),
    ['user', user, asked.bootstrap.user] as const,
  ];
  for (const [field, said, wanted] of fields) {
    if (wanted === undefined || wanted === said) continue;
    throw new NamedError(
      'invalid-input',
      `the plan ${accept ?? ''} has ${said === undefined ? 'no' : `${said} as`} ${field}, not ${wanted}; leave that out, or make a plan with it`,
    );
  }
  return { ...asked, ...planned };
}

export interface Current {
  readonly plan: Proposal;
  readonly upper: string;
}

/** What a machine starts with: what it has, what was archived of it or of its predecessor, or what the configuration has for it. */
export type Start = keyof NonNullable<Proposal['faults']>;

/** Throws `plan-outdated`, naming what differs, when a machine is no longer what was shown of it. */
export function checkAccepted(kept: KeptPlan, current: Current, start: Start): void {
  const [was, is] = [whatMatters(kept, start), whatMatters(current, start)];
  const found = [...new Set([...is.keys(), ...was.keys()])].flatMap((what) => {
    const [before, now] = [was.get(what), is.get(what)];
    if (before === now) return [];
    return [before === undefined ? `${what} is new` : now === undefined ? `${what} is gone` : `${what} is another`];
  });
  if (found.length > 0) throw outdated(kept.plan.name, found);
}

export function outdated(machine: string, differences: readonly string[]): NamedError {
  const [first = '', ...more] = differences;
  const all = more.length === 0 ? first : `${first}, and ${more.length} more`;
  return new NamedError(
    'plan-outdated',
    `${machine} is not as it was planned any more: ${all}; nothing was changed; plan its join anew`,
    { findings: differences.map((detail) => ({ machine, detail })) },
  );
}

/** What the configuration would refuse of what a machine would start with. */
export function faultsOf({ faults }: Pick<Proposal, 'faults'>, start: Start): readonly Finding[] {
  return faults?.[start] ?? [];
}

/** What was shown, each thing under its name. Clocks, free space and load are not among it. */
function whatMatters({ plan, upper }: Current, start: Start): ReadonlyMap<string, string> {
  const { facts, present, certificates, layer, adopted, findings } = plan;
  const of = (kind: string, document: Readonly<Record<string, unknown>>) =>
    [...leaves(document as JsonObject)].map(([at, value]) => [`${kind} ${at}`, value] as const);
  const all: readonly (readonly [what: string, is: unknown])[] = [
    ['its identity', facts.identity],
    ['its host name', facts.hostname],
    ['its system', facts.os],
    ['its boot hook', facts.bootHook],
    ['its Postfix', facts.postfix],
    ['what is kept for it', plan.known],
    ['what it replaces', plan.replaces],
    ...present.map(({ place, name, ...setting }) => [`${place} ${name}`, setting] as const),
    ...certificates.map(({ path, fingerprint }) => [`the certificate ${path}`, fingerprint] as const),
    ...[...findings, ...faultsOf(plan, start)].map(({ detail }) => [`"${detail}"`, detail] as const),
    ...of('its own setting', layer),
    ...of('its own setting, adopted,', adopted ?? {}),
    ['whether it can be adopted', adopted !== undefined],
    ...(start === 'adopted' ? [] : ([['what cluster and group give it', upper]] as const)),
  ];
  const matters = new Map<string, string>();
  for (const [what, is] of all) {
    if (is !== undefined) matters.set(what, `${matters.get(what) ?? ''}${canonicalJson(is)}`);
  }
  return matters;
}
