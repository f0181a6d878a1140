/** A list of machines that are to join: what each line says, and what is wrong with it. */
import type { Finding } from '../errors.ts';
import { findings } from '../schema/parse.ts';
import { Failure } from './failure.ts';

export interface Listed {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly group?: string;
  /** The fingerprint of its host key, where the list has it. */
  readonly hostKey?: string;
}

/** Lines `NAME HOST[:PORT] [GROUP] [SHA256:...]`; `#` begins a comment. Throws one `usage` failure for all bad lines. */
export function readMachineList(text: string, file: string): readonly Listed[] {
  const machines: Listed[] = [];
  const bad: Finding[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const words = line.replace(/#.*/, '').trim().split(/\s+/).filter(Boolean);
    if (words.length === 0) continue;
    const machine = machineIn(words);
    const details = typeof machine === 'string' ? [machine] : faultsOf(machine, machines);
    bad.push(...details.map((detail) => ({ detail: `${file}:${index + 1}: ${detail}` })));
    if (typeof machine !== 'string') machines.push(machine);
  }
  if (bad.length === 0 && machines.length > 0) return machines;
  const what =
    bad.length === 0 ? 'has no machines' : `has ${bad.length === 1 ? 'a line' : 'lines'} that cannot be read`;
  throw new Failure('usage', `${file} ${what}; a line is NAME HOST[:PORT] [GROUP] [SHA256:...]; nothing was started`, {
    findings: bad,
  });
}

function machineIn(words: readonly string[]): Listed | string {
  const [name = '', at, ...rest] = words;
  const hostKey = rest.find((word) => word.startsWith('SHA256:'));
  const [group, ...surplus] = rest.filter((word) => word !== hostKey);
  if (at === undefined) return `${name} has no address`;
  if (surplus.length > 0) return `${surplus.join(' ')} is too much`;
  // An IPv6 address has colons of its own, so one with a port stands in brackets.
  const [, bracketed, plain, port] = /^(?:\[(.*)\]|([^:]*))(?::([^:]*))?$/.exec(at) ?? [];
  const host = bracketed ?? plain ?? at;
  const extras = { ...(group !== undefined && { group }), ...(hostKey !== undefined && { hostKey }) };
  return { name, host, port: port === undefined ? 22 : Number(port), ...extras };
}

function faultsOf(machine: Listed, others: readonly Listed[]): readonly string[] {
  const wrong = findings('join-request', { ...machine, bootstrap: { user: 'root' } });
  return [
    ...wrong.map(({ detail }) => detail.replace(/^\//, '')),
    ...(others.some(({ name }) => name === machine.name) ? [`${machine.name} is in the list already`] : []),
    ...(others.some(({ host, port }) => host === machine.host && port === machine.port)
      ? [`another machine of the list is at ${machine.host} port ${machine.port}`]
      : []),
  ];
}
