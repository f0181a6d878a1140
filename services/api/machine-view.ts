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
    ...(isAsFound(registration, status) && registration.joined ? { asFound: registration.joined } : {}),
    status: status ?? { machine: name, served: [] },
  };
}

/** Whether it has what it was adopted with, and nothing was pushed to it. */
function isAsFound({ adopted }: Registration, status: MachineStatus | undefined): boolean {
  const { deployed } = status ?? {};
  return adopted !== undefined && deployed?.generation === 0 && deployed.digest === adopted.manifest;
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
