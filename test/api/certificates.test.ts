import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, describe, it } from 'node:test';

import { makeHierarchy, removeFolder, temporaryFolder, texts, withoutOpenssl } from '../pki/openssl.ts';
import { running, type Running } from './running.ts';

let api: Running;
before(async () => {
  api = await running();
  await api.join('mx1');
  await api.join('mx22');
});
after(() => api.close());

const create = {
  subject: { commonName: 'mail.example.test' },
  alternativeNames: { dns: ['mail.example.test', 'mx1.example.test'] },
};

async function set(level: string, path: string, value: unknown): Promise<void> {
  await api.ask('POST /drafts/me/operations', { body: { operations: [{ op: 'set', level, path, value }] } });
}

async function commit(): Promise<void> {
  const { status, text } = await api.ask('POST /drafts/me/commit', {
    body: { comment: 'certificates', rollout: false },
  });
  assert.equal(status, 201, text);
}

describe('certificates', () => {
  it('begin with the demonstration certificate, flagged as such', async () => {
    const { certificates } = (await api.ask('GET /certificates')).as('certificate-list');

    const [only, ...others] = certificates;
    assert.deepEqual(others, []);
    assert.deepEqual([only?.level, only?.name, only?.demonstration], ['defaults', 'demonstration', true]);
    assert.deepEqual(only?.usedBy, [
      { machine: 'mx1', pointer: '/listeners/public/certificate' },
      { machine: 'mx22', pointer: '/listeners/public/certificate' },
    ]);
    const shown = (await api.ask('GET /certificates/defaults/demonstration')).as('certificate-detail');
    assert.equal(shown.fingerprint, only.fingerprint);
  });

  it('are made in the draft of the caller and are there when it is committed', async () => {
    const answer = await api.ask('POST /certificates/cluster/mx', { body: { create } });

    const { certificate, draft } = answer.as('certificate-added');
    assert.deepEqual([certificate.level, certificate.name, certificate.demonstration], ['cluster', 'mx', false]);
    assert.deepEqual(certificate.names, ['mail.example.test', 'mx1.example.test']);
    const value = { key: certificate.key, chain: certificate.chain };
    assert.deepEqual(draft.operations, [{ op: 'set', level: 'cluster', path: '/certificates/mx', value }]);
    assert.equal((await api.ask('GET /certificates/cluster/mx')).problem, 'not-found');

    await commit();

    const shown = (await api.ask('GET /certificates/cluster/mx')).as('certificate-detail');
    assert.equal(new X509Certificate(shown.pem).fingerprint256.replaceAll(':', '').toLowerCase(), shown.fingerprint);
    assert.deepEqual(shown.usedBy, []);
  });

  it('say where they are used; one of a machine shadows that of the cluster there only', async () => {
    const made = await api.ask('POST /certificates/machine/mx22/mx', { body: { create } });
    assert.equal(made.status, 201);
    await set('cluster', '/listeners/public/certificate', 'mx');
    await set('cluster', '/outbound/certificate', 'mx');
    await commit();

    const { certificates } = (await api.ask('GET /certificates')).as('certificate-list');

    const used = (level: string) => certificates.find((one) => one.level === level)?.usedBy;
    const both = ['/listeners/public/certificate', '/outbound/certificate'];
    assert.deepEqual(
      used('cluster'),
      both.map((pointer) => ({ machine: 'mx1', pointer })),
    );
    assert.deepEqual(
      used('machine/mx22'),
      both.map((pointer) => ({ machine: 'mx22', pointer })),
    );
    assert.deepEqual(used('defaults'), []);
  });

  it('of a group are bound there', async () => {
    const { draft } = (await api.ask('POST /certificates/group/main/client', { body: { create } })).as(
      'certificate-added',
    );

    assert.equal(draft.operations.at(-1)?.op, 'set');
    await commit();
    assert.equal((await api.ask('GET /certificates/group/main/client')).as('certificate-detail').level, 'group/main');
  });

  it('are not bound to a level that there is not', async () => {
    assert.equal((await api.ask('POST /certificates/machine/mx9/mx', { body: { create } })).problem, 'not-found');
    assert.equal((await api.ask('POST /certificates/defaults/mx', { body: { create } })).problem, 'method-not-allowed');
  });

  it('that are only checked change nothing, and stand in no audit trail', { skip: withoutOpenssl }, async (t) => {
    const folder = temporaryFolder();
    t.after(() => removeFolder(folder));
    makeHierarchy(folder, 'ec');
    const pem = texts(folder, 'leaf.key', 'leaf.pem', 'intermediate.pem');
    const latest = async () => (await api.ask('GET /audit?limit=1')).as('audit-list').entries[0];
    const draft = async () => (await api.ask('GET /drafts/me')).as('draft-view').draft.operations;
    const before = [await latest(), await draft()];

    const checked = await api.ask('POST /certificates/cluster/mx', { body: { pem, check: true } });

    assert.equal(checked.status, 201, checked.text);
    assert.deepEqual([await latest(), await draft()], before);
    assert.equal((await api.ask('POST /certificates/cluster/mx', { body: { pem } })).status, 201);
    assert.equal((await latest())?.action, 'add-cluster-certificate');
  });

  it('are refused when they are none', async () => {
    const pem = await api.ask('POST /certificates/cluster/mx', { body: { pem: 'nothing of the kind' } });
    const pkcs12 = await api.ask('POST /certificates/cluster/mx', { body: { pkcs12: 'AAAA', password: 'x' } });

    assert.equal(pem.status, 422, pem.text);
    assert.equal(pkcs12.status, 422, pkcs12.text);
  });
});

describe('trust bundles', () => {
  it('are stored once and named by their digest', async () => {
    const { pem } = (await api.ask('GET /certificates/cluster/mx')).as('certificate-detail');

    const refused = await api.ask('POST /trust-bundles', { body: { pem } });

    // A self-signed certificate of Signet is no authority.
    assert.equal(refused.status, 422);
    assert.equal(refused.problem, 'bad-certificate');
  });
});
