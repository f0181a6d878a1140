/** The operations on groups and roster. */
import { NamedError } from '../errors.ts';
import { compareNames } from '../machines/names.ts';
import type {
  AdmitOperation,
  CreateGroupOperation,
  DescribeGroupOperation,
  MoveOperation,
  RenameGroupOperation,
} from '../schema/types.generated.ts';
import { firstGroup, formatLevel } from './levels.ts';
import { checkGroup, checkMachine, putLayer, type Working } from './working.ts';

export function createGroup({ groups }: Working, { group, description }: CreateGroupOperation): void {
  if (groups.has(group)) {
    throw new NamedError('already-exists', `there is a group "${group}" already; choose another name`);
  }
  groups.set(group, description === undefined ? {} : { description });
}

export function describeGroup(working: Working, { group, description }: DescribeGroupOperation): void {
  checkGroup(working, group);
  working.groups.set(group, description === undefined ? {} : { description });
}

/** Gives a group with its members and its layer another name. */
export function renameGroup(working: Working, { group, to }: RenameGroupOperation): void {
  checkGroup(working, group);
  if (group === firstGroup) {
    throw new NamedError('invalid-input', `the group "${group}" always exists; create "${to}" and move machines there`);
  }
  createGroup(working, { op: 'create-group', group: to, ...working.groups.get(group) });
  putLayer(working, levelOf(to), working.layers.get(levelOf(group)) ?? {});
  for (const [machine, entry] of working.machines) {
    if (entry.group === group) working.machines.set(machine, { ...entry, group: to });
  }
  deleteGroup(working, group);
}

/** Deletes an empty group and its layer. */
export function deleteGroup(working: Working, group: string): void {
  checkGroup(working, group);
  if (group === firstGroup) {
    throw new NamedError('invalid-input', `the group "${group}" always exists; unset its settings instead`);
  }
  const members = [...working.machines].filter(([, entry]) => entry.group === group).map(([machine]) => machine);
  if (members.length > 0) {
    const named = `${members.sort(compareNames).slice(0, 10).join(', ')}${members.length > 10 ? ', ...' : ''}`;
    throw new NamedError(
      'invalid-input',
      `the group "${group}" is not empty (${members.length}: ${named}); move its machines first, or name a group for them (--members-to)`,
    );
  }
  working.groups.delete(group);
  putLayer(working, levelOf(group), {});
}

export function move(working: Working, { machine, group }: MoveOperation): void {
  const entry = checkMachine(working, machine);
  checkGroup(working, group);
  if (entry.group === group) throw new NamedError('invalid-input', `${machine} is in the group "${group}" already`);
  working.machines.set(machine, { ...entry, group });
}

/** Adds the roster entry of a new member; its layer is set like any other. */
export function admit(working: Working, { machine, id, group }: Omit<AdmitOperation, 'layer' | 'op'>): void {
  checkGroup(working, group);
  if (working.machines.has(machine)) {
    throw new NamedError('already-exists', `there is a machine "${machine}" already; choose another name`);
  }
  for (const [name, entry] of working.machines) {
    if (entry.id === id) throw new NamedError('already-exists', `this machine is a member already, as "${name}"`);
  }
  working.machines.set(machine, { id, group });
}

export function dismiss(working: Working, machine: string): void {
  checkMachine(working, machine);
  working.machines.delete(machine);
  putLayer(working, formatLevel({ kind: 'machine', name: machine }), {});
}

function levelOf(group: string): string {
  return formatLevel({ kind: 'group', name: group });
}
