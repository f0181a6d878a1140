/** The difference between a revision and another configuration, as people read it: settings, structure, files of each machine. */
import type { ChangePlan } from '../config/contract.ts';
import { diffConfigurations, type StructureChange } from '../config/diff.ts';
import type { ConfigService } from '../config/service.ts';
import { compareNames } from '../machines/names.ts';
import type { Configuration, DraftPlan, RevisionDiff } from '../schema/types.generated.ts';

export type Difference = Pick<RevisionDiff, 'settings' | 'structure' | 'machines'>;

/** `machine` restricts the files to one machine; settings and structure are always whole. */
export async function difference(
  config: ConfigService,
  from: number,
  to: Configuration | number,
  machine: string | undefined,
): Promise<Difference> {
  const before = await config.configuration(from);
  const after = typeof to === 'number' ? await config.configuration(to) : to;
  const { settings } = diffConfigurations(before, after);
  const roster = Object.keys({ ...before.machines, ...after.machines }).sort(compareNames);
  const machines = [];
  for (const name of roster.filter((each) => machine === undefined || each === machine)) {
    const diff = await config.manifestDiff(name, from, to);
    if (diff !== '') machines.push({ machine: name, diff });
  }
  return {
    settings: settings.flatMap(({ level, changes }) => changes.map((change) => ({ level, ...change }))),
    structure: inSentences(before, after),
    machines,
  };
}

/** A plan of changes as it is sent, with the difference in files of each machine that it changes. */
export function planOf(
  { base, operations, findings, machines, unchanged, before, after }: ChangePlan,
  diffs: Readonly<Record<string, string>>,
): DraftPlan {
  return {
    ...{ base, operations, findings, structure: inSentences(before, after), unchanged },
    machines: machines.map((one) => ({ ...one, diff: diffs[one.machine] ?? '' })),
  };
}

/** What becomes of groups and machines, in words. */
export function inSentences(before: Configuration, after: Configuration): readonly string[] {
  return diffConfigurations(before, after).structure.map(sentence);
}

function sentence(change: StructureChange): string {
  switch (change.kind) {
    case 'group-created':
      return `group ${change.group} is created`;
    case 'group-deleted':
      return `group ${change.group} is deleted`;
    case 'group-described':
      return `group ${change.group} has another description`;
    case 'machine-admitted':
      return `machine ${change.machine} joins group ${change.group}`;
    case 'machine-dismissed':
      return `machine ${change.machine} leaves group ${change.group} and the cluster`;
    case 'machine-moved':
      return `machine ${change.machine} moves from group ${change.from} to group ${change.to}`;
  }
}
