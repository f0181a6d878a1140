/** Who may use the store on etcd: mutual TLS, user and password, and clear words when something does not fit. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { isNamed, isTransient, type NamedError } from '../../services/errors.ts';
import { etcdStore, type EtcdOptions } from '../../services/store/etcd.ts';
import { authority, type Authority } from './certificates.ts';
import { changes, words, write } from './changes.ts';
import { etcdctl, etcdServer, freePort, withoutEtcd, type EtcdServer } from './etcd-server.ts';

const text = (path: string) => readFileSync(path, 'utf8');

describe('the store on etcd with mutual TLS', { skip: withoutEtcd }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'signet-tls-'));
  let server: EtcdServer;
  let ours: Authority;
  let options: EtcdOptions & { readonly ca: string; readonly certificate: string; readonly key: string };
  before(async () => {
    ours = authority(folder, 'ours');
    const own = ours.issue('etcd', 'DNS:localhost');
    const client = ours.issue('signet', 'DNS:signet');
    server = await etcdServer({ ca: ours.ca, ...own });
    options = {
      hosts: [server.url],
      timeoutSeconds: 3,
      ca: text(ours.ca),
      certificate: text(client.certificate),
      key: text(client.key),
    };
  });
  after(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  it('reads, writes and watches with a certificate that etcd knows', async (test) => {
    const store = await etcdStore(options);
    test.after(() => store.close());

    const revision = await write(store, 'a', '1');

    assert.deepEqual(words(await changes(store, 'a', revision, 1)), [`+a=1@${revision}`]);
  });

  it('says that etcd refused a connection without a client certificate', async () => {
    const { hosts, ca, timeoutSeconds } = options;

    const failure = await refusal({ hosts, ca, timeoutSeconds: timeoutSeconds ?? 3 });

    assert.match(
      failure.message,
      /etcd at https:\/\/localhost:\d+: .*bad certificate; check .* certificate and key given for it/,
    );
  });

  it('says that etcd refused a certificate of another CA', async () => {
    const theirs = authority(folder, 'theirs').issue('signet', 'DNS:signet');

    const failure = await refusal({ ...options, certificate: text(theirs.certificate), key: text(theirs.key) });

    assert.match(
      failure.message,
      /etcd at https:\/\/localhost:\d+: .*bad certificate; check .* certificate and key given for it/,
    );
  });

  it('refuses an etcd whose certificate is of another CA', async () => {
    const failure = await refusal({ ...options, ca: text(authority(folder, 'strange').ca) });

    assert.match(
      failure.message,
      /no TLS connection to etcd at https:\/\/localhost:\d+: .*certificate.*; check its certificate/,
    );
  });

  it('refuses an etcd whose certificate has another name', async (test) => {
    const misnamed = await etcdServer({ ca: ours.ca, ...ours.issue('elsewhere', 'DNS:elsewhere.example.test') });
    test.after(() => misnamed.stop());

    const failure = await refusal({ ...options, hosts: [misnamed.url] });

    assert.match(failure.message, /no TLS connection to etcd at .*: Hostname.*does not match certificate's altnames/);
  });

  it('refuses a certificate and key that do not belong together', async () => {
    const other = ours.issue('other', 'DNS:other');

    const failure = await refusal({ ...options, key: text(other.key) });

    assert.match(failure.message, /key values mismatch.*check that they are PEM, and that certificate and key belong/);
    assert.ok(!failure.message.includes('PRIVATE KEY'));
  });

  it('says what is wrong when one side speaks TLS and the other does not', async (test) => {
    const plain = await etcdServer();
    test.after(() => plain.stop());

    const encrypted = await refusal({ ...options, hosts: [plain.url.replace('http:', 'https:')], timeoutSeconds: 1 });
    const clear = await refusal({ hosts: [server.url.replace('https:', 'http:')], timeoutSeconds: 1 });

    assert.match(encrypted.message, /etcd at https:\/\/localhost:\d+ does not answer as it should/);
    assert.match(clear.message, /etcd at http:\/\/localhost:\d+ .*check that it runs/);
  });
});

describe('the store on etcd with user and password', { skip: withoutEtcd }, () => {
  let server: EtcdServer;
  before(async () => {
    server = await etcdServer();
    etcdctl(server, 'user', 'add', 'root:rootpass');
    etcdctl(server, 'user', 'grant-role', 'root', 'root');
    etcdctl(server, 'role', 'add', 'signet');
    etcdctl(server, 'role', 'grant-permission', 'signet', 'readwrite', '--prefix=true', 'signet/');
    etcdctl(server, 'user', 'add', 'signet:correct horse');
    etcdctl(server, 'user', 'grant-role', 'signet', 'signet');
    etcdctl(server, 'auth', 'enable');
  });
  after(() => server.stop());

  const credentials = { user: 'signet', password: 'correct horse' };
  const open = (options: Partial<EtcdOptions>) => etcdStore({ hosts: [server.url], timeoutSeconds: 3, ...options });

  it('reads, writes, leases and watches, also after etcd has forgotten its tokens', async (test) => {
    const store = await open({ ...credentials, timeoutSeconds: 10 });
    test.after(() => store.close());
    const first = await write(store, 'a', '1');
    const found = changes(store, 'a', first, 3);
    const lease = await store.lease('leader', 'one', 10, AbortSignal.timeout(5_000));

    const second = await write(store, 'a', '2');
    await server.restart();
    const third = await write(store, 'a', '3');

    assert.deepEqual(words(await found), [`+a=1@${first}`, `+a=2@${second}`, `+a=3@${third}`]);
    assert.equal(lease.lost.aborted, false);
    await lease.release();
  });

  it('says that user and password are wrong, and not what they are', async () => {
    const failure = await refusal({ hosts: [server.url], user: 'signet', password: 'wrong donkey' });

    assert.match(failure.message, /refused the user and password; check both/);
    assert.ok(!JSON.stringify([failure.message, failure.facts]).includes('donkey'));
  });

  it('says that etcd wants a user and password', async () => {
    const failure = await refusal({ hosts: [server.url] });

    assert.match(failure.message, /wants a user and password, or a client certificate/);
  });

  it('says that the user may not touch the keys of the store', async () => {
    const failure = await refusal({ hosts: [server.url], ...credentials, prefix: 'elsewhere/' });

    assert.match(
      failure.message,
      /does not let this user read and write the keys of the store; grant its role readwrite/,
    );
  });

  it('says that an etcd without authentication takes no password', async (test) => {
    const free = await etcdServer();
    test.after(() => free.stop());

    const failure = await refusal({ hosts: [free.url], ...credentials });

    assert.match(failure.message, /has authentication switched off/);
  });
});

describe('the store on etcd', { skip: withoutEtcd }, () => {
  it('says that nothing answers there, and that waiting may help', async () => {
    const port = await freePort();

    await assert.rejects(etcdStore({ hosts: [`http://localhost:${port}`], timeoutSeconds: 1 }), (error) => {
      assert.ok(isNamed(error, 'store-unavailable'));
      assert.match(error.message, new RegExp(`etcd at http://localhost:${port} does not answer`));
      return isTransient(error);
    });
  });

  it('refuses options that cannot work, before it connects', async () => {
    const hosts = ['https://etcd.example.test:2379'];
    for (const [options, sentence] of [
      [{ hosts: [] }, /name at least one/],
      [{ hosts: ['etcd.example.test:2379'] }, /not of the form https:\/\/HOST:PORT/],
      [{ hosts: ['https://user:secret@etcd.example.test:2379'] }, /user and password are given apart/],
      [{ hosts: [...hosts, 'http://etcd2.example.test:2379'] }, /mix http and https/],
      [{ hosts, certificate: 'x' }, /give both/],
      [{ hosts, password: 'x' }, /give both/],
      [{ hosts: ['http://localhost:2379'], ca: 'x' }, /write them as https/],
      [{ hosts: ['http://etcd.example.test:2379'], user: 'a', password: 'x' }, /over the network in clear/],
      [{ hosts, prefix: 'p'.repeat(65) }, /longer than 64 bytes/],
    ] as const) {
      await assert.rejects(etcdStore(options), { code: 'invalid-input', message: sentence });
    }
  });

  it('keeps two prefixes apart', async (test) => {
    const server = await etcdServer();
    test.after(() => server.stop());
    const one = await etcdStore({ hosts: [server.url], prefix: 'one/' });
    const two = await etcdStore({ hosts: [server.url], prefix: 'one/two/' });
    test.after(() => Promise.all([one.close(), two.close()]));

    await write(one, 'a', '1');
    await write(two, 'a', '2');

    assert.deepEqual(
      (await one.range('')).entries.map(({ value }) => value),
      ['1'],
    );
    assert.deepEqual(
      (await two.range('')).entries.map(({ value }) => value),
      ['2'],
    );
  });
});

/** The failure to open a store that no waiting will cure. */
async function refusal(options: EtcdOptions): Promise<NamedError> {
  try {
    const store = await etcdStore(options);
    await store.close();
  } catch (error) {
    assert.ok(isNamed(error, 'store-unavailable', 'invalid-input'), String(error));
    return error;
  }
  return assert.fail('the store was opened');
}
