/** Who did what, and the proof that it was not rewritten since: the audit trail and its seals. */
import { parse } from '../schema/parse.ts';
import { NamedError } from '../errors.ts';
import type { AuditEntry, AuditSeal, AuditTrail, AuditVerification } from '../schema/types.generated.ts';
import { keys } from '../store/keys.ts';
import { readAll } from '../store/read-all.ts';
import type { Compare, Entry, Store, Write } from '../store/store.ts';
import { closed, sealedAtOnce, sealOver, verify, type Seal, type Stored, type Trail } from './chain.ts';
import { inheritance } from './inheritance/service.ts';

export interface Page {
  /** Only what comes before this time or entry. */
  readonly before?: string;
  readonly limit: number;
}

export interface AuditService {
  /** Adds to the trail. Nothing in it may be a secret. */
  record(entry: Omit<AuditEntry, 'id' | 'time'>): Promise<void>;
  /** The trail, newest first. */
  page(page: Page): Promise<readonly AuditEntry[]>;
  /**
   * Reads all of it and holds it against its seals, and against one that was noted elsewhere; `busy` while a trail that was taken
   * over is put in place.
   */
  verify(noted?: Seal): Promise<AuditVerification>;
  /** All of it to take away, faults and all, sealed to its end; `busy` as in `verify`. */
  trail(): Promise<AuditTrail>;
}

/** What the leading controller runs besides. */
export interface AuditSealer {
  /** Seals what has no seal yet, over a trail taken over in place; the newest seal when it made one. Seals hold `fence`. */
  seal(fence: Compare): Promise<Seal | undefined>;
}

export interface AuditDeps {
  readonly store: Store;
  readonly now: () => Date;
  /** As many unpredictable bytes as asked for. */
  readonly random: (size: number) => Uint8Array;
}

export function auditService({ store, now, random }: AuditDeps): AuditService & AuditSealer {
  /** A seal that there is. */
  let sealed = 0;

  return {
    async record(entry) {
      const writes = auditWrites(now().toISOString(), Buffer.from(random(8)).toString('hex'), entry);
      await store.transact({ compare: [], writes });
    },
    page: (page) => newestFirst(store, page, now()),
    verify: async (noted) => verify(await read(), noted),
    trail: async () => closed(await read(), now().toISOString()),
    async seal(fence) {
      await inheritance(store).settle();
      let newest: Seal | undefined;
      for (let next = await sealSome(fence); next; next = await sealSome(fence)) newest = next;
      return newest;
    },
  };

  async function read(): Promise<Trail> {
    if (await store.get(keys.inheriting)) throw inheriting();
    // In this order an entry that is written or sealed meanwhile is found marked or sealed.
    const entries = await stored();
    const unsealed = new Set(
      (await readAll(store, keys.allUnsealed)).map(({ key }) => key.slice(keys.allUnsealed.length)),
    );
    const links = await seals();
    const found = new Set(entries.map(({ id }) => id));
    const late = links.flatMap((seal) => seal.entries.map(({ id }) => id)).filter((id) => !found.has(id));
    for (const id of late) entries.push(...(await entry(id)));
    return { seals: links, entries, unsealed };
  }

  async function sealSome(fence: Compare): Promise<Seal | undefined> {
    const marks = (await store.range(keys.allUnsealed, { limit: sealedAtOnce })).entries;
    if (marks.length === 0) return undefined;
    const ids = marks.map(({ key }) => key.slice(keys.allUnsealed.length));
    // What was taken away before it was sealed is sealed as it is not, and missed from then on.
    const texts = await Promise.all(ids.map(async (id) => (await entry(id))[0] ?? { id, text: '' }));
    const before = await newestSeal();
    const seal = sealOver(texts, before && sealIn(before), now().toISOString());
    const { applied } = await store.transact({
      compare: [
        fence,
        { key: keys.inheriting, absent: true },
        { key: keys.seal(seal.number), absent: true },
        ...(before ? [{ key: before.key, modRevision: before.modRevision }] : []),
      ],
      writes: [
        { put: keys.seal(seal.number), value: JSON.stringify(seal) },
        ...ids.map((id) => ({ delete: keys.unsealed(id) })),
      ],
    });
    return applied ? seal : undefined;
  }

  /** Numbers have no gaps, so it is found by steps that double, and then halve. */
  async function newestSeal(): Promise<Entry | undefined> {
    if (!(await sealOf(sealed))) sealed = 0;
    let step = 1;
    for (; await sealOf(sealed + step); step *= 2) sealed += step;
    for (; step > 1; step /= 2) if (await sealOf(sealed + step / 2)) sealed += step / 2;
    return sealOf(sealed);
  }

  async function sealOf(number: number): Promise<Entry | undefined> {
    return number > 0 ? store.get(keys.seal(number)) : undefined;
  }

  async function seals(): Promise<readonly AuditSeal[]> {
    return (await readAll(store, keys.seals)).map(sealIn);
  }

  async function stored(): Promise<Stored[]> {
    return (await readAll(store, keys.audits)).map(({ key, value }) => ({
      id: key.slice(keys.audits.length),
      text: value,
    }));
  }

  async function entry(id: string): Promise<readonly Stored[]> {
    const found = await store.get(keys.audit(id));
    return found ? [{ id, text: found.value }] : [];
  }
}

/**
 * An entry as writes, for the transaction that does what it tells of: at `time` under `name`, which nothing else has at that
 * time, and marked until it is sealed.
 */
export function auditWrites(time: string, name: string, entry: Omit<AuditEntry, 'id' | 'time'>): readonly Write[] {
  const full: AuditEntry = { id: `${time}/${name}`, time, ...entry };
  return [
    { put: keys.audit(full.id), value: JSON.stringify(full) },
    { put: keys.unsealed(full.id), value: '' },
  ];
}

/** Stores only read forwards, so the trail is read day by day. */
async function newestFirst(store: Store, { before, limit }: Page, now: Date): Promise<readonly AuditEntry[]> {
  const oldest = (await store.range(keys.audits, { limit: 1 })).entries[0]?.key.slice(keys.audits.length);
  const out: AuditEntry[] = [];
  if (oldest === undefined) return out;
  // A day ahead, for entries of a controller whose clock is.
  const tomorrow = dayAfter(now.toISOString(), 1);
  const first = before?.slice(0, 10) ?? tomorrow;
  for (
    let day = first < tomorrow ? first : tomorrow;
    out.length < limit && day >= oldest.slice(0, 10);
    day = dayAfter(day, -1)
  ) {
    const entries = (await readAll(store, keys.audits + day)).filter(
      ({ key }) => before === undefined || key < keys.audits + before,
    );
    out.push(...entries.reverse().map(({ key, value }) => readEntry(key, value)));
  }
  return out.slice(0, limit);
}

/** One that was damaged is shown as such: it must not hide the others. */
function readEntry(key: string, value: string): AuditEntry {
  const id = key.slice(keys.audits.length);
  try {
    return { ...parse('audit-entry', JSON.parse(value), `the record ${key}`), id };
  } catch {
    const time = id.slice(0, id.indexOf('/'));
    const detail = 'what stands here is no audit entry; see "signet audit verify"';
    return { id, time, actor: '?', action: '?', object: '?', outcome: 'damaged', detail };
  }
}

/** The day, YYYY-MM-DD, so many days after the one `instant` begins with. */
function dayAfter(instant: string, days: number): string {
  const day = new Date(`${instant.slice(0, 10)}T00:00:00.000Z`);
  return new Date(day.getTime() + days * 24 * 3600 * 1000).toISOString().slice(0, 10);
}

function sealIn({ key, value }: Entry): AuditSeal {
  return parse('audit-seal', JSON.parse(value), `the record ${key}`);
}

function inheriting(): NamedError {
  return new NamedError(
    'busy',
    'the audit trail of the controller that was taken over is being put in place; try again in a minute',
    { transient: true },
  );
}
