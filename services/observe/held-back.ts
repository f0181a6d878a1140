/** Destinations that require TLS and cannot have it, as conditions: one for each destination, whatever machines it is about. Pure. */
import { createHash } from 'node:crypto';

import { compareNames } from '../machines/names.ts';
import { own } from '../schema/json.ts';
import { pointer } from '../schema/pointer.ts';
import type { AlertRecord, Destination, Settings } from '../schema/types.generated.ts';
import { isRaised, type Condition } from './assess.ts';
import type { Failing } from './sessions/failing.ts';

/** At these mail waits rather than goes in clear, or to whom nobody vouches for (docs/destinations.md). */
const demanding: ReadonlySet<Destination['tls']> = new Set([
  ...(['required', 'required-verify', 'dane', 'dane-only', 'fingerprint'] as const),
]);

const shown = 10;

/** The condition of each destination that is held back on a machine whose settings say that this is told. */
export function heldBack(
  failing: readonly Failing[],
  settings: ReadonlyMap<string, Pick<Settings, 'destinations' | 'outbound'>>,
  records: readonly AlertRecord[],
): readonly Condition[] {
  const told = failing.flatMap((one) => {
    const place = demandedAt(one, settings.get(one.machine));
    return place === undefined ? [] : [{ ...one, place }];
  });
  const known = new Map(records.map((record) => [record.alert.id, record]));
  return [...new Set(told.map(({ destination }) => destination))].sort().flatMap((destination) => {
    const here = told.filter((one) => one.destination === destination);
    const [newest] = here.toSorted((a, b) => (a.last > b.last ? -1 : 1));
    const first = here.reduce((time, { since }) => (since < time ? since : time), here[0]?.since ?? '');
    if (!newest) return [];
    const id = `tls-required-${createHash('sha256').update(destination).digest('hex').slice(0, 16)}`;
    const before = known.get(id);
    const machines = here.map(({ machine }) => machine).sort(compareNames);
    return [
      {
        ...{ id, kind: 'tls-required' as const, rungs: [], destination },
        due: before && isRaised(before) ? before.alert.due : first,
        summary: `mail for ${destination} waits on ${listed(machines)}: ${newest.reason}`,
        remedy: `${remedies[newest.failure]}; see "signet tls-log --destination ${destination}"`,
        breaks: [...new Set(here.map(({ place }) => place))].sort().map((place) => {
          const all = here.filter((one) => one.place === place).map(({ machine }) => machine);
          return { pointer: place, machines: all.toSorted(compareNames).slice(0, shown), count: all.length };
        }),
      },
    ];
  });
}

const remedies: Readonly<Record<Failing['failure'], string>> = {
  'not-offered': 'ask its postmaster why its server offers no STARTTLS, or demand less of it',
  refused: 'ask its postmaster why its server refuses STARTTLS',
  handshake: 'compare the protocols and ciphers of both sides, and ask its postmaster',
  verification: 'look at the certificate of its server, and at the trust lists and names that are demanded',
  dane: 'look at its TLSA records, and at the resolver of the gateway',
  gateway: 'look at the mail log of the gateway, which has a fault of its own',
};

/** The setting that demands TLS there; undefined where none does, or nobody wants to be told. */
function demandedAt(
  { destination }: Failing,
  settings: Pick<Settings, 'destinations' | 'outbound'> | undefined,
): string | undefined {
  if (!settings || settings.outbound.alertRequiredTls === false) return undefined;
  const name = own(settings.destinations, destination) ? destination : 'default';
  const found = own(settings.destinations, name);
  return found && demanding.has(found.tls) ? pointer(['destinations', name]) : undefined;
}

function listed(machines: readonly string[]): string {
  const more = machines.length > shown ? ` and ${machines.length - shown} more` : '';
  return `${machines.slice(0, shown).join(', ')}${more}`;
}
