/** What is kept of authorities, as records of the store: themselves, what they issued, what they took back, and the list of that. */
import { NamedError } from '../../../errors.ts';
import { parse } from '../../../schema/parse.ts';
import type { Authority, IssuedCertificate } from '../../../schema/types.generated.ts';
import { keys } from '../../../store/keys.ts';
import { unchanged, type Entry, type Store, type Write } from '../../../store/store.ts';
import type { Reason, Revoked } from '../revocation-list.ts';

/** An authority, and the entry of the store that holds it. */
export interface Held {
  readonly authority: Authority;
  readonly entry: Entry;
}

/** A list that was made before. */
export interface KeptList {
  readonly number: number;
  readonly made: Date;
  /** The last revocation that is surely on it. */
  readonly covers: number;
  readonly der: Uint8Array;
  readonly entry: Entry;
}

export interface Records {
  /** not-found. */
  authority(name: string): Promise<Held>;
  authorities(): Promise<readonly Authority[]>;
  /** False when there is one of that name. */
  add(authority: Authority): Promise<boolean>;
  /** store-conflict when it was changed since it was read. */
  replace(held: Held, authority: Authority): Promise<void>;

  /** Keeps a certificate together with its chain, given as PEM, leaf first. */
  keep(certificate: IssuedCertificate, chain: readonly string[]): Promise<void>;
  certificate(authority: string, serial: string): Promise<IssuedCertificate | undefined>;
  issued(
    authority: string,
    page?: { readonly after?: string; readonly limit: number },
  ): Promise<readonly IssuedCertificate[]>;
  /** Marks it revoked unless it is already, and returns it as it is now; not-found. */
  revoke(authority: string, serial: string, reason: Reason, now: Date): Promise<IssuedCertificate>;
  /** Adds certificates that are not here yet, revoked ones as such. */
  bringIn(authority: string, certificates: readonly IssuedCertificate[]): Promise<void>;

  /** What was revoked, read after `last`: the list of these has every revocation up to that. */
  revocations(authority: string): Promise<{ readonly last: number; readonly revoked: readonly Revoked[] }>;
  lastRevocation(authority: string): Promise<number>;
  list(authority: string): Promise<KeptList | undefined>;
  /** False when another list was kept meanwhile. */
  keepList(authority: string, before: KeptList | undefined, list: Omit<KeptList, 'entry'>): Promise<boolean>;
}

/** Transactions hold 128 writes; a revoked certificate needs two, and the last revocation is one more. */
const batch = 60;

export function authorityRecords(store: Store): Records {
  return {
    async authority(name) {
      const entry = await store.get(keys.authority(name));
      if (entry) return { authority: parse('authority', JSON.parse(entry.value), `the authority ${name}`), entry };
      throw new NamedError('not-found', `there is no authority ${name}; see the list of authorities`);
    },
    async authorities() {
      const { entries } = await store.range(keys.authorities);
      return entries.map(({ value }) => JSON.parse(value) as Authority);
    },
    async add(authority) {
      const key = keys.authority(authority.name);
      const value = JSON.stringify(authority);
      return (await store.transact({ compare: [{ key, absent: true }], writes: [{ put: key, value }] })).applied;
    },
    async replace({ entry: { key, modRevision } }, authority) {
      const writes = [{ put: key, value: JSON.stringify(authority) }];
      const { applied } = await store.transact({ compare: [{ key, modRevision }], writes });
      if (applied) return;
      throw new NamedError('store-conflict', `the authority ${authority.name} was changed meanwhile; look at it again`);
    },

    async keep(certificate, chain) {
      const key = keys.issued(certificate.authority, certificate.serial);
      const { applied } = await store.transact({
        compare: [{ key, absent: true }],
        writes: [
          { put: keys.chain(certificate.chain), value: JSON.stringify(chain) },
          { put: key, value: JSON.stringify(certificate) },
        ],
      });
      if (!applied) throw new Error(`serial number ${certificate.serial} was issued before`);
    },
    async certificate(authority, serial) {
      const entry = await store.get(keys.issued(authority, serial));
      return entry && (JSON.parse(entry.value) as IssuedCertificate);
    },
    async issued(authority, page) {
      const { after, limit } = page ?? {};
      const { entries } = await store.range(keys.issuedBy(authority), {
        ...(limit === undefined ? {} : { limit }),
        ...(after === undefined ? {} : { startAfter: keys.issued(authority, after) }),
      });
      return entries.map(({ value }) => JSON.parse(value) as IssuedCertificate);
    },
    async revoke(authority, serial, reason, now) {
      for (;;) {
        const { certificate, entry } = await issuedEntry(authority, serial);
        if (certificate.revoked) return certificate;
        const revoked = { ...certificate, revoked: { time: now.toISOString(), reason } };
        // Others revoke others at the same time: each has a record of its own, and nobody compares the last one.
        const { applied } = await store.transact({
          compare: [{ key: entry.key, modRevision: entry.modRevision }],
          writes: [...writesOf(revoked), { put: keys.lastRevocation(authority), value: serial }],
        });
        if (applied) return revoked;
      }
    },
    async bringIn(authority, certificates) {
      for (let from = 0; from < certificates.length; from += batch) {
        const some = certificates.slice(from, from + batch);
        const present = await Promise.all(some.map(({ serial }) => store.get(keys.issued(authority, serial))));
        const absent = some.filter((_one, at) => present[at] === undefined);
        if (absent.length === 0) continue;
        const last = { put: keys.lastRevocation(authority), value: absent.at(-1)?.serial ?? '' };
        await store.transact({ compare: [], writes: [...absent.flatMap(writesOf), last] });
      }
    },

    async revocations(authority) {
      const last = await lastRevocation(authority);
      const { entries } = await store.range(keys.revokedBy(authority));
      return { last, revoked: entries.map(readRevoked) };
    },
    lastRevocation,
    async list(authority) {
      const entry = await store.get(keys.revocationList(authority));
      return entry && readList(entry);
    },
    async keepList(authority, before, { number, made, covers, der }) {
      const key = keys.revocationList(authority);
      const value = { number, made: made.toISOString(), covers, der: Buffer.from(der).toString('base64') };
      const { applied } = await store.transact({
        compare: [unchanged(key, before?.entry)],
        writes: [{ put: key, value: JSON.stringify(value) }],
      });
      return applied;
    },
  };

  async function issuedEntry(authority: string, serial: string) {
    const entry = await store.get(keys.issued(authority, serial));
    if (entry) return { certificate: JSON.parse(entry.value) as IssuedCertificate, entry };
    throw new NamedError(
      'not-found',
      `the authority ${authority} issued no certificate ${serial}; see the list of its certificates`,
    );
  }

  async function lastRevocation(authority: string): Promise<number> {
    return (await store.get(keys.lastRevocation(authority)))?.modRevision ?? 0;
  }
}

function writesOf(certificate: IssuedCertificate): readonly Write[] {
  const { authority, serial, notAfter, revoked } = certificate;
  return [
    { put: keys.issued(authority, serial), value: JSON.stringify(certificate) },
    ...(revoked ? [{ put: keys.revoked(authority, serial), value: JSON.stringify({ ...revoked, notAfter }) }] : []),
  ];
}

function readRevoked({ key, value }: Entry): Revoked {
  const { time, reason, notAfter } = JSON.parse(value) as {
    readonly time: string;
    readonly reason: Reason;
    readonly notAfter: string;
  };
  return { serial: key.slice(key.lastIndexOf('/') + 1), time: new Date(time), reason, notAfter: new Date(notAfter) };
}

function readList(entry: Entry): KeptList {
  const { number, made, covers, der } = JSON.parse(entry.value) as {
    readonly number: number;
    readonly made: string;
    readonly covers: number;
    readonly der: string;
  };
  return { number, made: new Date(made), covers, der: Buffer.from(der, 'base64'), entry };
}
