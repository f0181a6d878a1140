import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { after, before, describe, it } from 'node:test';

import { running, type Running } from './running.ts';

const password = 'correct-horse-battery-staple';

let api: Running;
before(async () => {
  api = await running();
  await make('cluster', 'mx', 'mx.example.test');
  await commit();
});
after(() => api.close());

describe('the export of a certificate', () => {
  it('as PKCS#12 imports as the same key and chain', async () => {
    for (const legacy of [false, true]) {
      const exported = (await api.ask('POST /certificates/cluster/mx/pkcs12', { body: { password, legacy } })).as(
        'pkcs12-file',
      );
      const body = { pkcs12: exported.pkcs12, password };

      const { certificate } = (await api.ask('POST /certificates/cluster/copy', { body })).as('certificate-added');

      assert.deepEqual([certificate.key, certificate.chain], [exported.key, exported.chain]);
    }
    await api.ask('DELETE /drafts/me');
  });

  it('as PEM gives the key encrypted under the passphrase, and the chain', async () => {
    const answer = await api.ask('POST /certificates/cluster/mx/key', { body: { passphrase: password } });

    const { pem, certificates } = answer.as('private-key');
    assert.match(pem, /^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
    const key = createPrivateKey({ key: pem, passphrase: password });
    assert.ok(new X509Certificate(certificates).checkPrivateKey(key));
    assert.equal(answer.headers.get('cache-control'), 'no-store');
  });

  it('gives the key in clear only when exactly that is said', async () => {
    const refused = [{}, { clear: false }, { passphrase: '' }, { passphrase: password, clear: true }];
    for (const body of refused) {
      const answer = await api.ask('POST /certificates/cluster/mx/key', { body });
      assert.equal(answer.problem, 'invalid-input', JSON.stringify(body));
    }

    const { pem, certificates } = (await api.ask('POST /certificates/cluster/mx/key', { body: { clear: true } })).as(
      'private-key',
    );

    assert.ok(new X509Certificate(certificates).checkPrivateKey(createPrivateKey(pem)));
  });

  it('takes what is in the own draft, without a commit, and what others have not committed is not there', async () => {
    const drafted = await make('cluster', 'fresh', 'fresh.example.test');

    const mine = (await api.ask('POST /certificates/cluster/fresh/pkcs12', { body: { password } })).as('pkcs12-file');

    assert.equal(mine.key, drafted);
    const { token } = await api.service.createToken({ name: 'berta', role: 'admin' });
    const theirs = await api.ask('POST /certificates/cluster/fresh/pkcs12', { token, body: { password } });
    assert.equal(theirs.problem, 'not-found');
    await api.ask('DELETE /drafts/me');
  });

  it('takes the committed certificate when an old draft is about something else', async () => {
    const { token } = await api.service.createToken({ name: 'carla', role: 'admin' });
    await api.ask('POST /drafts/me/operations', {
      token,
      body: { operations: [{ op: 'create-group', group: 'edge' }] },
    });
    const renewed = await make('cluster', 'mx', 'mx.example.test');
    await commit();

    const exported = (await api.ask('POST /certificates/cluster/mx/pkcs12', { token, body: { password } })).as(
      'pkcs12-file',
    );

    assert.equal(exported.key, renewed);
  });

  it('knows the level: the same name may mean another certificate, or none', async () => {
    await api.join('mx1');
    const own = await make('machine/mx1', 'mx', 'mx1.example.test');

    const exported = (await api.ask('POST /certificates/machine/mx1/mx/key', { body: { clear: true } })).as(
      'private-key',
    );

    assert.equal(exported.key, own);
    assert.equal(
      (await api.ask('POST /certificates/machine/mx1/other/key', { body: { clear: true } })).problem,
      'not-found',
    );
    await api.ask('DELETE /drafts/me');
  });

  it('is for administrators alone', async () => {
    for (const token of [api.tokens.viewer, api.tokens.operator]) {
      for (const [path, body] of [
        ['pkcs12', { password }],
        ['key', { clear: true }],
      ] as const) {
        const answer = await api.ask(`POST /certificates/cluster/mx/${path}`, { token, body });
        assert.equal(answer.problem, 'forbidden');
      }
    }
  });

  it('is in the audit trail with level, certificate and whether the key was in clear, and leaves no secret anywhere', async () => {
    const clear = (await api.ask('POST /certificates/cluster/mx/key', { body: { clear: true } })).as('private-key');
    await api.ask('POST /certificates/cluster/mx/key', { body: { passphrase: password } });
    await api.ask('POST /certificates/cluster/mx/pkcs12', { body: { password } });
    await api.ask('POST /certificates/cluster/none/pkcs12', { body: { password } });

    const { entries } = (await api.ask('GET /audit?limit=4')).as('audit-list');

    assert.deepEqual(
      entries.map(({ actor, action, object, outcome }) => [actor, action, object, outcome].join(' ')).reverse(),
      [
        'anna export-cluster-key /certificates/cluster/mx/key (in clear) ok',
        'anna export-cluster-key /certificates/cluster/mx/key (encrypted) ok',
        'anna export-cluster-pkcs12 /certificates/cluster/mx/pkcs12 ok',
        'anna export-cluster-pkcs12 /certificates/cluster/none/pkcs12 not-found',
      ],
    );
    const everything = api.log.join('') + (await api.ask('GET /audit?limit=1000')).text;
    for (const secret of [password, 'PRIVATE KEY', clear.pem.split('\n')[1] ?? 'missing']) {
      assert.ok(!everything.includes(secret), `${secret.slice(0, 12)}... shows`);
    }
  });
});

/** Makes a certificate in the draft and returns the id of its key. */
async function make(level: string, name: string, commonName: string): Promise<string> {
  const answer = await api.ask(`POST /certificates/${level}/${name}`, {
    body: { create: { subject: { commonName } } },
  });
  return answer.as('certificate-added').certificate.key;
}

async function commit(): Promise<void> {
  const { status, text } = await api.ask('POST /drafts/me/commit', { body: { comment: 'certificates' } });
  assert.equal(status, 201, text);
}
