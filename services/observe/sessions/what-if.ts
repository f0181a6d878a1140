/** What if: the messages of the last days under other destinations, as warnings. Pure. */
import type { Finding } from '../../errors.ts';
import { compareNames } from '../../machines/names.ts';
import { own } from '../../schema/json.ts';
import { pointer } from '../../schema/pointer.ts';
import type { Destination, Destinations } from '../../schema/types.generated.ts';
import { replay } from './replay.ts';
import { others, type MachineCount } from './tally.ts';

export interface Change {
  readonly before: Destinations;
  readonly after: Destinations;
}

interface Tally {
  readonly destination: string;
  readonly place: string;
  readonly level: Destination['tls'];
  machines: Set<string>;
  all: number;
  waits: number;
  unknown: number;
}

/** So many destinations are told one by one. */
const shown = 10;

/** A warning for each destination of which messages would have waited, the most affected first, or of which that cannot be told. */
export function whatIf(
  counts: readonly MachineCount[],
  changes: ReadonlyMap<string, Change>,
  days: number,
): readonly Finding[] {
  const tallies = new Map<string, Tally>();
  for (const { machine, count } of counts) {
    const { direction, peer, result, messages } = count;
    const change = changes.get(machine);
    if (direction !== 'out' || result === 'failed' || messages === 0 || !change) continue;
    const [before, after] = [inForce(change.before, peer), inForce(change.after, peer)];
    if (!before || !after || JSON.stringify(before.destination) === JSON.stringify(after.destination)) continue;
    const key = `${after.name} ${after.destination.tls} ${peer}`;
    const fresh = { machines: new Set<string>(), all: 0, waits: 0, unknown: 0 };
    const tally = tallies.get(key) ?? { destination: peer, place: after.name, level: after.destination.tls, ...fresh };
    const replayed = replay(result, before.destination, after.destination);
    tally.machines.add(machine);
    tally.all += messages;
    if (replayed !== 'sent') tally[replayed] += messages;
    tallies.set(key, tally);
  }
  const waiting = [...tallies.values()].filter(({ waits }) => waits > 0).sort((a, b) => b.waits - a.waits);
  const untold = [...tallies.values()].filter(({ waits, unknown }) => waits === 0 && unknown > 0);
  return [...briefly(waiting, days), ...uncertain(untold, days)];
}

function briefly(waiting: readonly Tally[], days: number): readonly Finding[] {
  const rest = waiting.slice(shown);
  const more = rest.reduce((sum, { waits }) => sum + waits, 0);
  return [
    ...waiting.slice(0, shown).map((tally) => ({ ...placeOf(tally), detail: sentence(tally, days) })),
    ...(rest.length === 0
      ? []
      : [warning(`so would have ${messages(more)} to ${rest.length} more destinations; see "signet tls-log --count"`)]),
  ];
}

function sentence({ destination, level, machines, all, waits, unknown }: Tally, days: number): string {
  const doubt = unknown === 0 ? '' : `, and of ${unknown} that cannot be told`;
  return `${waits} of ${messages(all)} to ${nameOf(destination)} in the last ${days} days (${listed([...machines].sort(compareNames))}) would have waited at ${level}${doubt}; see "signet tls-log --count --direction out"`;
}

function uncertain(untold: readonly Tally[], days: number): readonly Finding[] {
  const [first] = untold;
  if (!first) return [];
  const count = untold.reduce((sum, { unknown }) => sum + unknown, 0);
  const names = listed(untold.map(({ destination }) => nameOf(destination)).sort());
  const detail = `whether ${messages(count)} of the last ${days} days (${names}) would have waited cannot be told from the logs, which do not say what their servers offer or show; try "signet tls-test DOMAIN"`;
  return [untold.length === 1 ? { ...placeOf(first), detail } : warning(detail)];
}

function placeOf({ place, machines }: Tally): Omit<Finding, 'detail'> {
  const [machine, ...more] = machines;
  return {
    pointer: pointer(['destinations', place]),
    severity: 'warning',
    ...(machine !== undefined && more.length === 0 ? { machine } : {}),
  };
}

function warning(detail: string): Finding {
  return { pointer: '/destinations', detail, severity: 'warning' };
}

function inForce(
  destinations: Destinations,
  domain: string,
): { readonly name: string; readonly destination: Destination } | undefined {
  const name = own(destinations, domain) ? domain : 'default';
  const destination = own(destinations, name);
  return destination && { name, destination };
}

function nameOf(destination: string): string {
  return destination === others ? 'other destinations' : destination;
}

function messages(count: number): string {
  return count === 1 ? '1 message' : `${count} messages`;
}

function listed(names: readonly string[]): string {
  const more = names.length > shown ? ` and ${names.length - shown} more` : '';
  return `${names.slice(0, shown).join(', ')}${more}`;
}
