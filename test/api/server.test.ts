import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { connect as connectPlain } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type PeerCertificate } from 'node:tls';
import { after, before, describe, it } from 'node:test';

import { isLoopback } from '../../services/api/loopback.ts';
import type { ListenOptions } from '../../services/api/server.ts';
import { isNamed } from '../../services/errors.ts';
import { events } from './event-reader.ts';
import { running, type Running } from './running.ts';

/** Why it does not listen; undefined when it does, and then it is closed again. */
async function refusal(listen: Partial<ListenOptions>): Promise<unknown> {
  try {
    await (await running({ listen })).close();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('loopback', () => {
  const cases = [
    ['127.0.0.1', true],
    ['127.8.8.8', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['localhost', true],
    ['LOCALHOST', true],
    ['0.0.0.0', false],
    ['::', false],
    ['128.0.0.1', false],
    ['192.0.2.1', false],
    ['::ffff:192.0.2.1', false],
    ['localhost.example.test', false],
    ['', false],
  ] as const;
  for (const [host, expected] of cases) {
    it(`${host === '' ? 'the empty address' : host} ${expected ? 'is' : 'is not'} on it`, () => {
      assert.equal(isLoopback(host), expected);
    });
  }
});

describe('the listener', () => {
  it('refuses to speak plain HTTP beyond loopback, and says what to do', async () => {
    const beyond = Object.values(networkInterfaces())
      .flat()
      .find((one) => one && !one.internal && one.family === 'IPv4')?.address;
    for (const host of ['0.0.0.0', '::', 'signet.example.test', ...(beyond === undefined ? [] : [beyond])]) {
      const error = await refusal({ host });

      assert.ok(isNamed(error, 'invalid-input'));
      assert.match(error.message, /without TLS.*give a key and a certificate file, or listen on 127\.0\.0\.1/);
    }
  });

  it('says that a port is taken', async () => {
    const api = await running();
    try {
      const port = Number(new URL(api.url).port);

      assert.ok(isNamed(await refusal({ port }), 'busy'));
    } finally {
      await api.close();
    }
  });
});

describe('TLS', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'signet-tls-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  function issue(name: string): { readonly key: string; readonly certificate: string } {
    const [key, certificate] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
    const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    execFileSync('openssl', [...words, '-subj', `/CN=${name}`, '-keyout', key, '-out', certificate], {
      stdio: 'ignore',
    });
    return { key, certificate };
  }

  async function peer(api: Running, maxVersion: 'TLSv1.1' | 'TLSv1.3' = 'TLSv1.3'): Promise<PeerCertificate> {
    const { hostname, port } = new URL(api.url);
    const options = {
      host: hostname,
      port: Number(port),
      rejectUnauthorized: false,
      minVersion: 'TLSv1.1',
      maxVersion,
    } as const;
    const socket = connect(options);
    await once(socket, 'secureConnect');
    const certificate = socket.getPeerCertificate();
    socket.destroy();
    return certificate;
  }

  it('lets it listen everywhere, from version 1.2 on', async () => {
    const api = await running({ listen: { host: '0.0.0.0', tls: issue('everywhere') } });
    try {
      assert.match(api.url, /^https:/);
      assert.equal((await peer(api)).subject.CN, 'everywhere');
      await assert.rejects(peer(api, 'TLSv1.1'));
    } finally {
      await api.close();
    }
  });

  it('does not help where the address is not of this machine (RFC 5737)', async () => {
    const listen = { host: '192.0.2.1', tls: issue('elsewhere') };

    const error = await refusal(listen);

    assert.ok(isNamed(error, 'invalid-input'));
    assert.match(error.message, /cannot listen on 192\.0\.2\.1 port 0 \(EADDRNOTAVAIL\)/);
  });

  it('serves a renewed certificate without a restart, and keeps the connections it has', async () => {
    const paths = { key: join(folder, 'live.key'), certificate: join(folder, 'live.crt') };
    const link = (name: string) => {
      const { key, certificate } = issue(name);
      for (const [from, to] of [
        [key, paths.key],
        [certificate, paths.certificate],
      ] as const) {
        symlinkSync(from, `${to}.new`);
        renameSync(`${to}.new`, to);
      }
    };
    link('first');
    const api = await running({ listen: { tls: paths, tlsCheckSeconds: 0.05 } });
    try {
      assert.equal((await peer(api)).subject.CN, 'first');
      const { hostname, port } = new URL(api.url);
      const old = connect({ host: hostname, port: Number(port), rejectUnauthorized: false });
      await once(old, 'secureConnect');

      link('second');

      for (let n = 0; n < 100 && (await peer(api)).subject.CN !== 'second'; n += 1) await sleep(50);
      assert.equal((await peer(api)).subject.CN, 'second');
      old.write('GET /health HTTP/1.1\r\nHost: signet\r\nConnection: close\r\n\r\n');
      const [answer] = (await once(old, 'data')) as [Buffer];
      assert.match(answer.toString(), /^HTTP\/1\.1 200 /);
      assert.ok(api.log.some((line) => line.includes('TLS certificate of the API renewed')));
    } finally {
      await api.close();
    }
  });

  it('keeps the certificate it has while the files do not belong together', async () => {
    const files = issue('kept');
    const other = issue('other');
    const api = await running({ listen: { tls: files, tlsCheckSeconds: 0.05 } });
    try {
      renameSync(other.key, files.key);
      for (let n = 0; n < 100 && !api.log.some((line) => line.includes('not renewed')); n += 1) await sleep(50);

      assert.ok(api.log.some((line) => line.includes('not renewed') && line.includes('cannot be used together')));
      assert.equal((await peer(api)).subject.CN, 'kept');

      renameSync(other.certificate, files.certificate);
      for (let n = 0; n < 100 && (await peer(api)).subject.CN !== 'other'; n += 1) await sleep(50);
      assert.equal((await peer(api)).subject.CN, 'other');
    } finally {
      await api.close();
    }
  });

  it('is refused at the start when a file is missing or does not fit', async () => {
    const { key, certificate } = issue('start');
    const { certificate: another } = issue('another');
    const garbage = join(folder, 'garbage');
    writeFileSync(garbage, 'no PEM');

    for (const tls of [
      { key: join(folder, 'missing'), certificate },
      { key, certificate: another },
      { key, certificate: garbage },
    ]) {
      assert.ok(isNamed(await refusal({ tls }), 'invalid-input'));
    }
    unlinkSync(garbage);
  });
});

describe('the end', () => {
  it('waits for a request that is being answered, and takes no new one', async () => {
    const asked = new EventEmitter();
    const came = once(asked, 'look');
    const api = await running({
      deps: ({ push }) => ({
        push: {
          ...push,
          async look(machine) {
            asked.emit('look');
            await once(asked, 'answer');
            return { machine, served: [] };
          },
        },
      }),
    });
    const slow = api.ask('POST /machines/mx1/probe');
    await came;

    const closed = api.close();
    await sleep(50);
    await assert.rejects(fetch(`${api.url}/health`));
    asked.emit('answer');

    assert.equal((await slow).status, 200);
    await closed;
  });

  it('ends event streams at once', async () => {
    const api = await running();
    const stream = await events(`${api.url}/api/v1/events`, { authorization: `Bearer ${api.tokens.viewer}` });
    const began = Date.now();

    await api.close();

    assert.equal(await stream.next(), undefined);
    assert.ok(Date.now() - began < 2000);
  });

  it('cuts what is left at the deadline, and idle connections at once', async () => {
    const api = await running({
      deps: ({ push }) => ({ push: { ...push, look: () => new Promise(() => undefined) } }),
      listen: { graceSeconds: 0.3 },
    });
    const { hostname, port } = new URL(api.url);
    const idle = connectPlain(Number(port), hostname);
    await once(idle, 'connect');
    idle.on('error', () => undefined);
    const never = assert.rejects(api.ask('POST /machines/mx1/probe'));
    await sleep(50);
    const began = Date.now();

    await api.close();

    const took = Date.now() - began;
    assert.ok(took >= 250 && took < 3000, String(took));
    await never;
  });
});
