/** A machine as clients see it: registration, roster, facts and status in one. */
import type { Configuration, Facts, MachineStatus, MachineView, Registration } from '../schema/types.generated.ts';

export function machineView(
  registration: Registration,
  { machines }: Configuration,
  facts: Facts | undefined,
  status: MachineStatus | undefined,
): MachineView {
  const { id, name, host, port, state, unfinished } = registration;
  const entry = Object.hasOwn(machines, name) ? machines[name] : undefined;
  return {
    name,
    // Another machine may bear the name in the roster; its group is not this one's.
    ...(entry?.id === id ? { group: entry.group } : {}),
    id,
    host,
    port,
    state,
    ...(unfinished === undefined ? {} : { unfinished }),
    ...(facts ? { facts: shown(facts) } : {}),
    status: status ?? { machine: name, served: [] },
  };
}

function shown({ os, hostname, bootHook, postfix, nginx }: Facts): NonNullable<MachineView['facts']> {
  return {
    os,
    hostname,
    bootHook,
    ...(postfix ? { postfix: { version: postfix.version, running: postfix.running } } : {}),
    ...(nginx ? { nginx: { version: nginx.version, running: nginx.running } } : {}),
  };
}
