import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { describe, it } from 'node:test';
import { extract } from 'tar-stream';

import type { LiveChange } from '../../services/platforms/platform.ts';
import { bundle, request } from '../../services/push/bundle.ts';
import { after, plan } from '../../services/push/plan.ts';
import type { Facts, Manifest } from '../../services/schema/types.generated.ts';

const key = 'a'.repeat(64);
const chain = 'b'.repeat(64);

const facts: Facts = {
  collected: '2026-01-01T00:00:00.000Z',
  script: '1',
  identity: '',
  hostname: 'mx1',
  os: 'Debian',
  addresses: ['198.18.0.11'],
  bootId: 'x',
  bootHook: 'cron',
  freeKilobytes: 1,
  postfix: {
    version: '3.7.11',
    running: true,
    configDirectory: '/etc/postfix',
    queueDirectory: '/var/spool/postfix',
    parameters: {},
    services: { smtp: 25 },
    mainCf: 'a = 1\n',
    masterCf: 'smtp inet n - y - - smtpd\n',
  },
};

function manifest(digest: string, chainId = chain): Manifest {
  return {
    machine: 'mx1',
    digest: digest.repeat(64),
    files: [
      { path: 'certificates/mx.pem', parts: [{ key }, { chain: chainId }] },
      { path: 'postfix/tls_policy', parts: [{ text: 'example.com encrypt\n' }] },
    ],
    probes: [],
  };
}

const untouched: LiveChange = { files: [], binds: [], activation: 'reload' };
const edited: LiveChange = {
  files: [
    { path: '/etc/postfix/main.cf', before: 'a = 1\n', after: 'a = 2\n' },
    { path: '/etc/postfix/master.cf', before: 'same\n', after: 'same\n' },
  ],
  binds: [{ address: '198.18.0.11', port: 587 }],
  activation: 'restart',
};

function sha256(value: string | Buffer): string {
  return createHash('sha256').update(value).digest('hex');
}

/** As `manifest`, with the files of a service beside Postfix. */
function delivering(digest: string, chainId = chain, mode = '0440'): Manifest {
  const access = { owner: 'dlp', group: 'dlp', mode };
  const common = { access, reader: 'reload/dlp' };
  return {
    ...manifest(digest),
    files: [
      ...manifest(digest).files,
      {
        path: 'services/dlp/combined.pem',
        parts: [{ key }, { chain: chainId }],
        link: '/etc/dlp/client.pem',
        ...common,
      },
      { path: 'services/dlp/key.pem', parts: [{ key }], ...common },
      { path: 'services/dlp/chain.pem', parts: [{ chain: chainId }], reader: 'nobody' },
    ],
  };
}

describe('plan', () => {
  it('gives files to those who read them, and tells none but them that they have changed', () => {
    const deployed = delivering('1');

    const { steps } = plan(
      delivering('2', 'c'.repeat(64)),
      { base: deployed.digest, deployed, facts },
      { ...untouched, missing: [] },
    );

    assert.deepEqual(steps, [
      'key files/services/dlp/combined.pem',
      'access dlp dlp 0440 files/services/dlp/combined.pem files/services/dlp/key.pem',
      'link /etc/dlp/client.pem files/services/dlp/combined.pem',
      'reload dlp',
      'activate none',
    ]);
  });

  it('tells a service of another mode, and nobody when it goes', () => {
    const deployed = delivering('1');
    const start = { base: deployed.digest, deployed, facts };

    assert.ok(plan(delivering('2', chain, '0400'), start, untouched).steps.includes('reload dlp'));
    assert.deepEqual(plan(manifest('2'), start, untouched).steps, ['activate none']);
  });

  it('puts back a link that is missing although the wanted digest is live', () => {
    const deployed = delivering('1');
    const broken = { ...facts, links: { '/etc/dlp/client.pem': 'gone' as const } };

    const todo = plan(
      delivering('1'),
      { base: deployed.digest, deployed, facts: broken },
      { ...untouched, missing: ['/etc/dlp/client.pem'] },
    );

    assert.ok(todo.steps.includes('link /etc/dlp/client.pem files/services/dlp/combined.pem'));
    assert.equal(todo.steps.at(-1), 'activate none');
    assert.deepEqual(after(broken, todo).links, { '/etc/dlp/client.pem': 'placed' });
  });

  it('asks for nothing where the wanted digest is live and the live files need no change', () => {
    const deployed = manifest('1');

    const todo = plan(manifest('1'), { base: deployed.digest, deployed, facts }, untouched);

    assert.deepEqual(todo.steps, []);
    assert.deepEqual(todo.files, []);
    assert.equal(todo.believed.length, 2);
  });

  it('a renewal checks the new key and reloads, and touches no live file', () => {
    const deployed = manifest('1');

    const todo = plan(manifest('2', 'c'.repeat(64)), { base: deployed.digest, deployed, facts }, untouched);

    assert.deepEqual(todo.steps, ['key files/certificates/mx.pem', 'activate reload']);
  });

  it('a first push names the live files with their digests, the check of Postfix, and the ports to try', () => {
    const todo = plan(manifest('1'), { base: '-', deployed: undefined, facts }, edited);

    assert.deepEqual(todo.steps, [
      `live /etc/postfix/main.cf ${sha256('a = 1\n')} ${sha256('a = 2\n')}`,
      'key files/certificates/mx.pem',
      'postfix',
      'bind 198.18.0.11 587',
      'activate restart',
    ]);
    assert.equal(after(facts, todo).postfix?.mainCf, 'a = 2\n');
    assert.equal(after(facts, todo).postfix?.masterCf, facts.postfix?.masterCf);
  });

  it('a manifest that differs only in what is probed reloads nothing', () => {
    const deployed = manifest('1');

    const todo = plan({ ...manifest('2'), probes: [] }, { base: deployed.digest, deployed, facts }, untouched);

    assert.deepEqual(todo.steps, ['activate none']);
  });
});

describe('a plan with a trust list that the gateway completes', () => {
  it('has it added in every generation, changed or not', () => {
    const system = '/etc/ssl/certs/ca-certificates.crt';
    const trust = { path: 'trust/outbound.pem', parts: [{ bundle: chain }, { system }] };
    const deployed = { ...manifest('1'), files: [...manifest('1').files, trust] };

    const todo = plan(
      { ...manifest('2'), files: deployed.files },
      { base: deployed.digest, deployed, facts },
      untouched,
    );

    assert.deepEqual(todo.steps, [`system files/trust/outbound.pem ${system}`, 'activate none']);
  });
});

describe('bundle', () => {
  it('holds the plan, the files of the generation and the new live files, and the same plan gives the same bytes', async () => {
    const todo = plan(manifest('1'), { base: '-', deployed: undefined, facts }, edited);
    const contents = new Map([
      ['certificates/mx.pem', 'KEY\nCHAIN\n'],
      ['postfix/tls_policy', 'example.com encrypt\n'],
    ]);

    const archive = await bundle(todo, contents);

    const entries = new Map<string, string>();
    const reader = extract();
    reader.on('entry', (header, stream, next) => {
      void text(stream).then((value) => {
        entries.set(header.name, value);
        assert.equal(header.mode, 0o600);
        next();
      });
    });
    await finished(Readable.from([archive]).pipe(reader));
    assert.deepEqual(
      [...entries.keys()],
      ['plan', 'files/certificates/mx.pem', 'files/postfix/tls_policy', 'live/etc/postfix/main.cf'],
    );
    assert.equal(entries.get('plan'), todo.steps.map((line) => `${line}\n`).join(''));
    assert.deepEqual(await bundle(todo, contents), archive);
  });

  it('an empty plan sends a header only', async () => {
    const deployed = manifest('1');
    const todo = plan(manifest('1'), { base: deployed.digest, deployed, facts }, untouched);

    const bytes = request(todo, await bundle(todo, new Map()), { epoch: 4, script: '1.abc', windowSeconds: 60 });

    assert.match(
      bytes.toString(),
      /^epoch 4\nscript 1\.abc\ndigest 1{64}\nbase 1{64}\nlive .*\nlive .*\nwindow 60\nbundle 0 [0-9a-f]{64}\n$/,
    );
  });
});
