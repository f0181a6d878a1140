/** Where a certificate should be served, and where it was last seen: the listeners of the head held against the last probes. Pure. */
import { own } from '../schema/json.ts';
import { parts } from '../schema/pointer.ts';
import type { CertificateStanding, CertificateView, MachineStatus, Served } from '../schema/types.generated.ts';

export type Serving = CertificateStanding['served'];

/** The last probes, by machine and listener and by what they saw. */
export interface Sightings {
  readonly at: (machine: string, listener: string) => Served | undefined;
  /** The listeners where the leaf with this fingerprint was seen. */
  readonly of: (fingerprint: string) => readonly { readonly machine: string; readonly listener: string }[];
}

export function sightings(statuses: readonly MachineStatus[]): Sightings {
  const byListener = new Map<string, Readonly<Record<string, Served>>>();
  const byFingerprint = new Map<string, { readonly machine: string; readonly listener: string }[]>();
  for (const { machine, served } of statuses) {
    byListener.set(machine, Object.fromEntries(served.map((one) => [one.listener, one])));
    for (const { listener, fingerprint } of served) {
      const seen = byFingerprint.get(fingerprint) ?? [];
      seen.push({ machine, listener });
      byFingerprint.set(fingerprint, seen);
    }
  }
  return {
    at: (machine, listener) => own(byListener.get(machine) ?? {}, listener),
    of: (fingerprint) => byFingerprint.get(fingerprint) ?? [],
  };
}

/** The listeners and the services that are looked at among `usedBy`, and those that still serve the certificate though the head asks for another one there. */
export function serving(fingerprint: string, usedBy: CertificateView['usedBy'], seen: Sightings): Serving {
  const wanted = usedBy.flatMap(({ machine, pointer }) => {
    const place = parts(pointer);
    const [section, name, field] = place;
    if (name === undefined || place.at(-1) !== 'certificate') return [];
    if (section === 'listeners') return [{ machine, listener: name }];
    const other = place.slice(0, -1).join('/');
    const isHttps = section === 'interfaces' && field === 'https';
    const isServed = isHttps || (section === 'services' && seen.at(machine, other) !== undefined);
    return isServed ? [{ machine, listener: other }] : [];
  });
  const asked = new Set(wanted.map(({ machine, listener }) => `${machine} ${listener}`));
  const stray = seen.of(fingerprint).filter(({ machine, listener }) => !asked.has(`${machine} ${listener}`));
  const line = (isWanted: boolean) => (one: { readonly machine: string; readonly listener: string }) => {
    const last = seen.at(one.machine, one.listener);
    return { ...one, wanted: isWanted, seen: sight(fingerprint, last), ...(last ? { time: last.seen } : {}) };
  };
  return [...wanted.map(line(true)), ...stray.map(line(false))];
}

function sight(fingerprint: string, last: Served | undefined): Serving[number]['seen'] {
  if (!last || last.verdict === 'unproven') return 'never';
  if (last.fingerprint === '') return 'nothing';
  return last.fingerprint === fingerprint ? 'yes' : 'other';
}
