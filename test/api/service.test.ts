import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';

import { apiService, type ApiService } from '../../services/api/service.ts';
import { isNamed } from '../../services/errors.ts';
import { embeddedStore } from '../../services/store/embedded.ts';
import { keys } from '../../services/store/keys.ts';
import type { Store } from '../../services/store/store.ts';

const start = new Date('2026-11-24T10:00:00.000Z');
const day = 24 * 3600 * 1000;

let folder: string;
let store: Store;
let time: Date;
let service: ApiService;
let count: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signet-api-'));
  store = embeddedStore(join(folder, 'store.sqlite'));
  time = start;
  count = 0;
  service = another();
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

/** As another controller on the same store would have it. */
function another(): ApiService {
  return apiService({ store, now: () => time, random: (size) => new Uint8Array(size).fill((count += 1)) });
}

describe('tokens', () => {
  it('opens with the token that was made, and with no other of the same id', async () => {
    const { token, id } = await service.createToken({ name: 'otto', role: 'operator' });

    assert.deepEqual(await service.authenticate(token), { name: 'otto', role: 'operator' });
    assert.equal(await service.authenticate(`${token.slice(0, -1)}_`), undefined);
    assert.equal(await service.authenticate(`signet_${id}_${'A'.repeat(43)}`), undefined);
    assert.equal(await service.authenticate(token.toUpperCase()), undefined);
    assert.equal(await service.authenticate(''), undefined);
  });

  it('stores the digest of a secret, never the secret', async () => {
    const { token } = await service.createToken({ name: 'otto', role: 'operator' });

    const { entries } = await store.range('');

    const secret = token.split('_')[2] ?? '';
    assert.equal(secret.length, 43);
    assert.ok(entries.length > 0 && entries.every(({ value }) => !value.includes(secret)));
  });

  it('lists tokens without their digests', async () => {
    await service.createToken({ name: 'otto', role: 'operator', days: 2 });

    const [token, ...others] = await service.tokens();

    assert.deepEqual(others, []);
    assert.deepEqual(token, {
      id: '0101010101010101',
      name: 'otto',
      role: 'operator',
      created: '2026-11-24T10:00:00.000Z',
      expires: '2026-11-26T10:00:00.000Z',
    });
  });

  it('opens nothing any more when a token has expired, and its name is free again', async () => {
    const { token } = await service.createToken({ name: 'otto', role: 'operator', days: 2 });

    time = new Date(start.getTime() + 2 * day - 1);
    assert.ok(await service.authenticate(token));
    time = new Date(start.getTime() + 2 * day);
    assert.equal(await service.authenticate(token), undefined);
    assert.ok(await service.createToken({ name: 'otto', role: 'operator' }));
  });

  it('refuses a second token of one name, and the name that stands for the caller', async () => {
    await service.createToken({ name: 'otto', role: 'operator' });

    await assert.rejects(service.createToken({ name: 'otto', role: 'admin' }), (error) =>
      isNamed(error, 'already-exists'),
    );
    await assert.rejects(service.createToken({ name: 'me', role: 'admin' }), (error) =>
      isNamed(error, 'invalid-input'),
    );
  });

  it('opens nothing any more when a token was revoked', async () => {
    const { token, id } = await service.createToken({ name: 'otto', role: 'operator' });

    await service.revokeToken(id);

    assert.equal(await service.authenticate(token), undefined);
    await assert.rejects(service.revokeToken(id), (error) => isNamed(error, 'not-found'));
  });

  it('keeps the last admin token that still opens', async () => {
    const first = await service.createToken({ name: 'anna', role: 'admin' });
    await service.createToken({ name: 'arno', role: 'admin', days: 1 });
    time = new Date(start.getTime() + 2 * day);

    await assert.rejects(service.revokeToken(first.id), /last admin token/);

    await service.createToken({ name: 'abel', role: 'admin' });
    await service.revokeToken(first.id);
  });
});

describe('the first admin token', () => {
  it('is made once, when there is no token', async () => {
    const token = await service.firstAdminToken();

    assert.deepEqual(await service.authenticate(token ?? ''), { name: 'admin', role: 'admin' });
    assert.equal(await service.firstAdminToken(), undefined);
  });

  it('is made by one of several controllers that start at once', async () => {
    const made = await Promise.all([
      service.firstAdminToken(),
      another().firstAdminToken(),
      another().firstAdminToken(),
    ]);

    assert.equal(made.filter((token) => token !== undefined).length, 1);
  });
});

describe('the stream of changes', () => {
  const revision = { number: 1, author: 'anna', time: start.toISOString(), comment: 'first', rollout: true };
  const record = JSON.stringify({ ...revision, roster: 'a'.repeat(64), layers: 'b'.repeat(64) });

  it('tells of revisions, rollouts and statuses, in the order of the store, and of nothing else', async () => {
    const done = new AbortController();
    const status = JSON.stringify({ machine: 'mx1', served: [] });
    for (const [key, value] of [
      [keys.token('x'), '{}'],
      [keys.revision(1), record],
      [keys.status('id'), status],
      [keys.status('other'), '{}'],
      [keys.revision(2), record],
    ] as const) {
      await store.transact({ compare: [], writes: [{ put: key, value }] });
    }

    const told = [];
    for await (const event of service.changes(0, done.signal)) {
      told.push(`${event.id ?? ''} ${event.event}`);
      if (told.length === 3) done.abort();
    }

    assert.deepEqual(
      told.map((one) => one.split(' ')[1]),
      ['revision', 'status', 'revision'],
    );
    const ids = told.map((one) => Number(one.split(' ')[0]));
    assert.deepEqual(
      ids,
      [...ids].sort((a, b) => a - b),
    );
  });

  it('says reset when the store has forgotten what was asked for, and goes on from there', async () => {
    const done = new AbortController();
    for (let n = 0; n < 5; n += 1)
      await store.transact({ compare: [], writes: [{ put: keys.revision(1), value: record }] });
    await store.compact((await store.range('')).revision);

    const told = [];
    for await (const { event } of service.changes(1, done.signal)) {
      told.push(event);
      if (event === 'reset') await store.transact({ compare: [], writes: [{ put: keys.revision(2), value: record }] });
      else done.abort();
    }

    assert.deepEqual(told, ['reset', 'revision']);
  });
});
