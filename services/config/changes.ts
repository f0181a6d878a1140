/** Changes that stand for several operations of a draft: groups that are dissolved, settings that go to another level. */
import { NamedError } from '../errors.ts';
import { compareNames } from '../machines/names.ts';
import type { Configuration, DissolveGroupChange, DraftChange, Operation } from '../schema/types.generated.ts';
import { lift } from './lift.ts';
import { applyAll } from './operations.ts';
import { transfer } from './transfer.ts';

/**
 * The changes as the operations that are stored, each made of what those before it leave. Throws what the first one throws
 * that cannot be applied.
 */
export function expandAll(configuration: Configuration, changes: readonly DraftChange[]): readonly Operation[] {
  const operations: Operation[] = [];
  let [present, applied] = [configuration, 0];
  for (const change of changes) {
    if (isOperation(change)) {
      operations.push(change);
      continue;
    }
    present = applyAll(present, operations.slice(applied));
    applied = operations.length;
    operations.push(...expand(present, change));
  }
  return operations;
}

type Composite = Exclude<DraftChange, Operation>;

function isOperation(change: DraftChange): change is Operation {
  return !['dissolve-group', 'copy-settings', 'move-settings', 'lift-settings'].includes(change.op);
}

function expand(configuration: Configuration, change: Composite): readonly Operation[] {
  switch (change.op) {
    case 'dissolve-group':
      return dissolveGroup(configuration, change);
    case 'copy-settings':
    case 'move-settings':
      return transfer(configuration, change);
    case 'lift-settings':
      return lift(configuration, change);
  }
}

function dissolveGroup(configuration: Configuration, { group, to }: DissolveGroupChange): readonly Operation[] {
  if (group === to) throw new NamedError('invalid-input', `"${to}" is the group to delete; name another one`);
  return [...moves(configuration, group, to), { op: 'delete-group', group }];
}

function moves({ machines }: Configuration, from: string, to: string): readonly Operation[] {
  return Object.keys(machines)
    .filter((machine) => machines[machine]?.group === from)
    .sort(compareNames)
    .map((machine) => ({ op: 'move', machine, group: to }));
}
