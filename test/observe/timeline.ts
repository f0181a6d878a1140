/** Plays a fleet's certificates against a clock, through the pure core alone, and says what one recipient is told. */
import { createHash } from 'node:crypto';

import { assess, isRaised, stateOf } from '../../services/observe/assess.ts';
import { expiring, type Held } from '../../services/observe/expiring.ts';
import { heardBy, missedBy, noticeFor } from '../../services/observe/notice.ts';
import type { AlertRecord, AlertView } from '../../services/schema/types.generated.ts';

/** By name: from when until when it is valid. */
export type Certificates = Readonly<Record<string, readonly [from: string, until: string]>>;

export interface Step {
  readonly at: string;
  /** What there is from here on. */
  readonly certificates?: Certificates;
  readonly ladder?: readonly number[];
  readonly acknowledge?: string;
  readonly silence?: readonly [name: string, until: string];
  /** Nobody takes the message of this step. */
  readonly undelivered?: true;
  /** NAME RUNG or NAME over, in order. */
  readonly told: readonly string[];
  readonly states?: Readonly<Record<string, AlertView['state']>>;
}

export interface Timeline {
  readonly title: string;
  readonly certificates: Certificates;
  readonly ladder?: readonly number[];
  readonly steps: readonly Step[];
}

export const defaultLadder = [90, 60, 30, 15, 7, 3, 2, 1, 0];
const recipient = 'ops@example.org';

export const instant = (text: string) => new Date(text.includes('T') ? `${text}Z` : `${text}T00:00Z`);
export const fingerprint = (name: string) => createHash('sha256').update(name).digest('hex');

export function held(name: string, [from, until]: readonly [string, string], more: Partial<Held> = {}): Held {
  return {
    ...{ fingerprint: fingerprint(name), subject: `CN=${name}`, issuer: 'CN=CA', role: 'leaf', level: 'cluster' },
    ...{ notBefore: instant(from), notAfter: instant(until), place: ['certificates', name], uses: [] },
    ...more,
  };
}

/** For each step what was told, and the state of those it asks about. */
export function play({ certificates, ladder = defaultLadder, steps }: Timeline) {
  let there = certificates;
  let rungs = ladder;
  let records = new Map<string, AlertRecord>();
  const idOf = (name: string) => `expiry-${fingerprint(name).slice(0, 16)}`;
  const change = (id: string, record: AlertRecord | undefined) => {
    if (record) records.set(id, record);
    else records.delete(id);
  };
  return steps.map(({ at, acknowledge, silence, undelivered, states, ...step }) => {
    const now = instant(at);
    there = step.certificates ?? there;
    rungs = step.ladder ?? rungs;
    for (const [name, marks] of [
      [acknowledge, (rung: number) => ({ acknowledged: { by: 'ann', time: now.toISOString(), rung } })] as const,
      [silence?.[0], () => ({ silenced: { by: 'ann', until: instant(silence?.[1] ?? '').toISOString() } })] as const,
    ]) {
      const record = name === undefined ? undefined : records.get(idOf(name));
      if (record) records.set(record.alert.id, { ...record, ...marks(record.alert.rung) });
    }
    const conditions = new Map(
      expiring(
        Object.entries(there).map(([name, validity]) => held(name, validity)),
        rungs,
      ).map((one) => [one.id, one]),
    );
    const before = records;
    records = new Map();
    for (const id of new Set([...before.keys(), ...conditions.keys()])) {
      change(id, assess(conditions.get(id), before.get(id), { recipients: [recipient], now }));
    }
    const notice = noticeFor(recipient, [...records.values()], now);
    for (const { id } of [...(notice?.alerts ?? []), ...(notice?.cleared ?? [])]) {
      const record = records.get(id);
      if (!record || !notice) continue;
      change(id, undelivered ? missedBy(recipient, record, 'no answer') : heardBy(recipient, record, notice));
    }
    const name = (subject = '') => subject.replace('CN=', '');
    return {
      at,
      told: [
        ...(notice?.alerts ?? []).map(({ certificate, rung }) => `${name(certificate?.subject)} ${rung}`),
        ...(notice?.cleared ?? []).map(({ certificate }) => `${name(certificate?.subject)} over`),
      ],
      states: Object.fromEntries(
        Object.keys(states ?? {}).map((asked) => {
          const record = records.get(idOf(asked));
          return [asked, record && isRaised(record) ? stateOf(record, now) : undefined];
        }),
      ),
    };
  });
}
