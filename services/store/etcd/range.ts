/** Reads keys in pages, all at the revision of the first, so that no answer grows beyond what a connection takes. */
import type { IKeyValue } from 'etcd3';

import { NamedError } from '../../errors.ts';
import type { Entry, Range, RangeOptions } from '../store.ts';
import type { Client } from './client.ts';
import { isCompacted } from './errors.ts';
import type { Keyspace } from './keyspace.ts';

/** The bytes that a page aims at, and its bounds in keys. */
const page = { bytes: 1024 * 1024, least: 8, first: 64, most: 2_048 } as const;

/** A compaction between two pages makes the read start again; more than this many in one read is no accident. */
const tries = 5;

export async function get(client: Client, keyspace: Keyspace, key: string): Promise<Entry | undefined> {
  const { kvs } = await client.repeat((member) => member.kv.range({ key: keyspace.data(key) }));
  return kvs[0] && entryOf(keyspace, kvs[0]);
}

export async function range(
  client: Client,
  keyspace: Keyspace,
  prefix: string,
  { limit = Infinity, startAfter }: RangeOptions = {},
): Promise<Range> {
  for (let attempt = 1; attempt <= tries; attempt++) {
    const result = await readPages(client, keyspace, prefix, limit, startAfter);
    if (result) return result;
  }
  throw new NamedError(
    'store-unavailable',
    `the keys under "${prefix}" could not be read: etcd at ${client.name} was compacted each time before the last page; try again`,
    { transient: true },
  );
}

/** Undefined when the revision of the first page was compacted before the last. */
async function readPages(
  client: Client,
  keyspace: Keyspace,
  prefix: string,
  limit: number,
  startAfter: string | undefined,
): Promise<Range | undefined> {
  const entries: Entry[] = [];
  let revision: string | undefined;
  let size: number = page.first;
  for (;;) {
    const request = {
      ...keyspace.range(prefix, entries.at(-1)?.key ?? startAfter),
      limit: Math.min(size, limit - entries.length),
      ...(revision === undefined ? {} : { revision }),
    };
    const response = await client
      .repeat((member) => member.kv.range(request))
      .catch((error: unknown) => {
        if (revision !== undefined && error instanceof Error && isCompacted(error.cause)) return undefined;
        throw error;
      });
    if (!response) return undefined;
    revision ??= response.header.revision;
    entries.push(...response.kvs.map((kv) => entryOf(keyspace, kv)));
    if (!response.more || entries.length >= limit) return { entries, revision: Number(revision) };
    size = nextSize(response.kvs);
  }
}

function nextSize(kvs: readonly IKeyValue[]): number {
  const bytes = kvs.reduce((sum, { value }) => sum + value.length, 1);
  return Math.max(page.least, Math.min(page.most, Math.floor((page.bytes * kvs.length) / bytes)));
}

function entryOf(keyspace: Keyspace, kv: IKeyValue): Entry {
  return { key: keyspace.name(kv.key), value: kv.value.toString('utf8'), modRevision: Number(kv.mod_revision) };
}
