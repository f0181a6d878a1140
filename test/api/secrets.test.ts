import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { running, type Running } from './running.ts';
import { hostKey } from './stand-ins.ts';

/** Secrets that clients send, each of which must show up nowhere afterwards. */
const sent = {
  password: 'correct-horse-battery-staple',
  passphrase: 'wander-over-yonder-hills',
  filePassphrase: 'quiet-river-under-stone',
  bootstrap: 'tr0ub4dor-and-three',
};

let api: Running;
let folder: string;
let pem: string;
let pkcs12: string;
before(async () => {
  api = await running();
  folder = mkdtempSync(join(tmpdir(), 'signet-secrets-'));
  const [key, crt, p12] = ['key', 'crt', 'p12'].map((name) => join(folder, name)) as [string, string, string];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-subj', '/CN=mail.example.test', '-days', '2'];
  execFileSync('openssl', [...request, '-passout', `pass:${sent.passphrase}`, '-keyout', key, '-out', crt], {
    stdio: 'ignore',
  });
  const bundle = ['pkcs12', '-export', '-inkey', key, '-in', crt, '-passin', `pass:${sent.passphrase}`];
  execFileSync('openssl', [...bundle, '-passout', `pass:${sent.password}`, '-out', p12], { stdio: 'ignore' });
  pem = readFileSync(key, 'utf8') + readFileSync(crt, 'utf8');
  pkcs12 = readFileSync(p12).toString('base64');
});
after(async () => {
  await api.close();
  rmSync(folder, { recursive: true });
});

describe('secrets', () => {
  it('that are sent, made or stored show in no log line, no audit entry and no answer', async () => {
    const join = { name: 'mx1', host: '198.18.0.11', bootstrap: { user: 'root', password: sent.bootstrap } };
    const asked = [
      ['POST /certificates/cluster/a', { create: { subject: { commonName: 'a' } } }],
      ['POST /certificates/cluster/b', { pem, passphrase: sent.passphrase }],
      ['POST /certificates/cluster/b', { pem, passphrase: `not ${sent.passphrase}` }],
      ['POST /certificates/cluster/c', { pkcs12, password: sent.password }],
      ['POST /certificates/cluster/c', { pkcs12, password: `not ${sent.password}` }],
      ['POST /certificates/cluster/c', { pkcs12, password: sent.password, more: sent.password }],
      ['POST /certificates/cluster/d', `{"pem": "x", "passphrase": "${sent.passphrase}" oops`],
      ['POST /join-plans', join],
      ['POST /machines', { ...join, hostKey }],
      ['POST /machines', { ...join, hostKey: sent.bootstrap }],
      ['POST /trust-bundles', { pem }],
      ['POST /configuration-files', { passphrase: sent.filePassphrase }],
      [
        'POST /configuration-files/schedule',
        { every: '24h', keep: 3, folder: '/nowhere', passphrase: sent.filePassphrase },
      ],
      ['GET /configuration-files/schedule', undefined],
      ['POST /configuration-files/load', { passphrase: sent.filePassphrase, file: '{}' }],
      ['POST /configuration-files/load', { passphrase: sent.filePassphrase, file: 7 }],
      ['POST /tokens', { name: 'late', role: 'viewer' }],
      ['POST /drafts/me/commit', { comment: 'all of it' }],
      ['GET /drafts/me', undefined],
      ['GET /certificates', undefined],
      ['GET /certificates/cluster/b', undefined],
      ['GET /machines/mx1/manifest', undefined],
      ['GET /revisions/2', undefined],
      ['GET /tokens', undefined],
      ['GET /audit', undefined],
    ] as const;

    const answers = [];
    for (const [request, body] of asked) answers.push(await api.ask(request, body === undefined ? {} : { body }));
    for (const token of ['nonsense', `${api.tokens.admin}x`]) answers.push(await api.ask('GET /groups', { token }));

    const made = answers.find(({ status, text }) => status === 201 && text.includes('"token":"signet_'));
    const secrets = [
      ...Object.values(sent),
      ...Object.values(api.tokens).map((token) => token.split('_').slice(2).join('_')),
      /"token":"signet_[0-9a-f]+_([\w-]+)"/.exec(made?.text ?? '')?.[1] ?? 'missing',
      'PRIVATE KEY',
      ...(await keys()),
    ];
    const audit = (await api.ask('GET /audit?limit=1000')).text;
    const shown = [...answers.filter((one) => one !== made).map(({ text }) => text), audit, api.log.join('')];
    assert.ok(secrets.length >= 10 && !secrets.includes('missing'));
    for (const secret of secrets) {
      for (const text of shown)
        assert.ok(!text.includes(secret), `${secret.slice(0, 12)}... shows in ${text.slice(0, 200)}`);
    }
  });

  it('have left an audit entry with actor, action, object and outcome for every request that may change something', async () => {
    const { entries } = (await api.ask('GET /audit?limit=1000')).as('audit-list');

    const told = entries
      .map(({ actor, action, object, outcome }) => `${actor} ${action} ${object} ${outcome}`)
      .reverse();
    assert.deepEqual(told.slice(0, 3), [
      'anna add-cluster-certificate /certificates/cluster/a ok',
      'anna add-cluster-certificate /certificates/cluster/b ok',
      'anna add-cluster-certificate /certificates/cluster/b wrong-passphrase',
    ]);
    // 17 requests, and the commits of the join and of the draft as the configuration wrote them down.
    assert.equal(told.length, 19);
    assert.ok(told.includes('anna join-machine /machines/mx1 ok'));
    assert.ok(told.includes('anna join-machine /machines invalid-input'));
    assert.ok(told.some((one) => /^anna create-token \/tokens\/[0-9a-f]{16} \(late, viewer\) ok$/.test(one)));
    assert.ok(told.includes('anna commit-draft /revisions/2 ok'));
  });

  it('have left one log line for every request, with facts and nothing else', async () => {
    const before = api.log.length;

    await api.ask('GET /revisions?limit=3', { token: api.tokens.viewer });

    const line = JSON.parse(api.log[before] ?? '{}') as Readonly<Record<string, unknown>>;
    assert.deepEqual(
      Object.keys(line).filter((key) => !['level', 'time', 'pid', 'hostname'].includes(key)),
      ['request', 'method', 'path', 'status', 'milliseconds', 'actor', 'msg'],
    );
    assert.deepEqual(
      [line['method'], line['path'], line['status'], line['actor']],
      ['GET', '/api/v1/revisions', 200, 'vera'],
    );
  });
});

describe('the audit trail', () => {
  it('names who was refused for what', async () => {
    await api.ask('POST /tokens', { token: api.tokens.operator, body: { name: 'mine', role: 'admin' } });

    const [entry] = (await api.ask('GET /audit?limit=1')).as('audit-list').entries;

    assert.deepEqual(
      [entry?.actor, entry?.action, entry?.object, entry?.outcome],
      ['otto', 'create-token', '/tokens', 'forbidden'],
    );
  });

  it('does not fill with what strangers ask', async () => {
    const { text } = await api.ask('GET /audit');

    await api.ask('POST /tokens', { token: 'wrong', body: {} });

    assert.equal((await api.ask('GET /audit')).text, text);
  });

  it('that cannot be written does not undo what was done, and is missed loudly', async () => {
    const other = await running({
      deps: ({ audit }) => ({ audit: { ...audit, record: () => Promise.reject(new Error('disk full')) } }),
    });
    try {
      const body = { operations: [{ op: 'create-group', group: 'edge' }] };

      assert.equal((await other.ask('POST /drafts/me/operations', { body })).status, 200);
      assert.ok(other.log.some((line) => line.includes('audit entry lost')));
    } finally {
      await other.close();
    }
  });
});

/** The middle of every private key that is stored, as its PEM spells it. */
async function keys(): Promise<readonly string[]> {
  const { certificates } = (await api.ask('GET /certificates')).as('certificate-list');
  const pems = await Promise.all(certificates.map(({ key }) => api.deps.pki.keyPem(key)));
  return pems.map((text) => text.split('\n')[1] ?? 'missing');
}
