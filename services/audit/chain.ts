/** The chain of seals over the audit trail: each holds digests of entries and of the seal before, so nothing changes unseen. Pure. */
import { createHash } from 'node:crypto';

import { canonicalJson } from '../schema/json.ts';
import type { AuditSeal, AuditTrail, AuditVerification } from '../schema/types.generated.ts';

/** An entry of the trail, as it stands in the store. */
export interface Stored {
  readonly id: string;
  readonly text: string;
}

export type Seal = NonNullable<AuditVerification['newest']>;

/** The next seal, over `entries`. */
export function sealOver(entries: readonly Stored[], before: Seal | undefined, time: string): AuditSeal {
  const seal = {
    number: (before?.number ?? 0) + 1,
    time,
    previous: before?.digest ?? none,
    entries: entries.map(({ id, text }) => ({ id, digest: sha256(text) })),
  };
  return { ...seal, digest: digestOf(seal) };
}

export interface Trail {
  /** In their order. */
  readonly seals: readonly AuditSeal[];
  readonly entries: readonly Stored[];
  /** The entries that wait for their seal. */
  readonly unsealed: ReadonlySet<string>;
}

/** Holds the trail against its seals, and against one that was `noted` elsewhere. */
export function verify({ seals, entries, unsealed }: Trail, noted?: Seal): AuditVerification {
  const texts = new Map(entries.map(({ id, text }) => [id, text]));
  const sealed = new Set(seals.flatMap((seal) => seal.entries.map(({ id }) => id)));
  const faults = [
    ...seals.flatMap((seal, index) => linkFaults(seal, seals[index - 1])),
    ...seals.flatMap(({ number, entries: held }) => held.flatMap((one) => entryFaults(number, one, texts.get(one.id)))),
    ...entries
      .filter(({ id }) => !sealed.has(id) && !unsealed.has(id))
      .map(
        ({ id }) =>
          `the entry ${id} has no seal and does not wait for one: it was put there past Signet, or its seal was taken away`,
      ),
    ...notedFaults(seals, noted),
  ];
  const newest = seals.at(-1);
  return {
    entries: entries.filter(({ id }) => sealed.has(id)).length,
    unsealed: entries.filter(({ id }) => !sealed.has(id) && unsealed.has(id)).length,
    ...(newest ? { newest: { number: newest.number, digest: newest.digest } } : {}),
    faults: faults.slice(0, mostFaults),
  };
}

/** How many entries a seal is over at most: it is made in one transaction, which takes the mark off each of them. */
export const sealedAtOnce = 100;

/** A trail to take away: entries that wait for their seal get it here, in the order of their ids. */
export function closed({ seals, entries, unsealed }: Trail, time: string): AuditTrail {
  const all = [...seals];
  const sealed = new Set(seals.flatMap((seal) => seal.entries.map(({ id }) => id)));
  const waiting = entries.filter(({ id }) => unsealed.has(id) && !sealed.has(id));
  for (let start = 0; start < waiting.length; start += sealedAtOnce)
    all.push(sealOver(waiting.slice(start, start + sealedAtOnce), all.at(-1), time));
  return { seals: all, entries: Object.fromEntries(entries.map(({ id, text }) => [id, text])) };
}

/** Holds a trail that was taken away against its seals. */
export function verifyClosed({ seals, entries }: AuditTrail): AuditVerification {
  const stored = Object.entries(entries).map(([id, text]) => ({ id, text }));
  return verify({ seals, entries: stored, unsealed: new Set() });
}

const none = '0'.repeat(64);
const mostFaults = 100;

function linkFaults({ digest, ...seal }: AuditSeal, before: AuditSeal | undefined): readonly string[] {
  const follows = seal.number === (before?.number ?? 0) + 1;
  return [
    ...(follows ? [] : [`the seal before seal ${seal.number} is missing`]),
    ...(digestOf(seal) === digest ? [] : [`seal ${seal.number} was changed`]),
    ...(!follows || seal.previous === (before?.digest ?? none)
      ? []
      : [`seal ${seal.number} does not follow the one before it, which was changed`]),
  ];
}

function entryFaults(
  seal: number,
  { id, digest }: AuditSeal['entries'][number],
  text: string | undefined,
): readonly string[] {
  if (text === undefined) return [`the entry ${id} of seal ${seal} is missing`];
  return sha256(text) === digest ? [] : [`the entry ${id} of seal ${seal} was changed`];
}

function notedFaults(seals: readonly AuditSeal[], noted: Seal | undefined): readonly string[] {
  if (!noted) return [];
  const found = seals.find(({ number }) => number === noted.number);
  if (!found) return [`seal ${noted.number}, which was noted, is missing: the end of the trail was cut off`];
  return found.digest === noted.digest
    ? []
    : [`seal ${noted.number} is not the one that was noted: the trail was rewritten`];
}

function digestOf(seal: Omit<AuditSeal, 'digest'>): string {
  return sha256(canonicalJson(seal));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
