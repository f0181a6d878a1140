import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { readChain } from '../../services/certificates/chains.ts';
import type { Inventory } from '../../services/certificates/contract.ts';
import { inventory, type InventoryDeps } from '../../services/certificates/inventory.ts';
import { readAuthorities } from '../../services/certificates/roots.ts';
import { shadows } from '../../services/certificates/shadows.ts';
import { useKey } from '../../services/certificates/view.ts';
import { demonstrationName } from '../../services/config/defaults.ts';
import type { Operation, CertificateStanding, MachineStatus, Served } from '../../services/schema/types.generated.ts';
import { running, type Running } from '../api/running.ts';
import { makeHierarchy, removeFolder, temporaryFolder, texts, withoutOpenssl } from '../pki/openssl.ts';

const seen = '2026-01-01T00:00:00.000Z';
const folder = temporaryFolder();
let api: Running;
let statuses: readonly MachineStatus[] = [];
let certificates: Inventory;

before(async () => {
  api = await running();
  const { config, pki, now } = api.deps;
  certificates = inventory({ config, pki, now, push: { statuses: () => Promise.resolve(statuses) }, ...sources() });
  for (const machine of ['mx1', 'mx2', 'mx3']) await api.join(machine);
});
after(async () => {
  await api.close();
  removeFolder(folder);
});

/** Where chains and roots are read from, without the roots of whatever system runs the test. */
function sources(): Pick<InventoryDeps, 'readChain' | 'roots'> {
  const { pki } = api.deps;
  const bundle = async (id: string) => readAuthorities(await pki.bundle(id));
  const authorities = { list: () => Promise.resolve([]) };
  return { readChain: (id) => readChain(pki, id), roots: { authorities, system: () => [], bundle } };
}

async function apply(...operations: readonly Operation[]): Promise<void> {
  await api.deps.config.apply('anna', operations, { comment: 'test', rollout: false });
}

function set(level: string, path: string, value: unknown): Operation {
  return { op: 'set', level, path, value };
}

async function bound(level: string, name: string): Promise<string> {
  const { binding, facts } = await api.deps.pki.create({ subject: { commonName: `${name}.example.test` } });
  await apply(set(level, `/certificates/${name}`, binding));
  return facts.leaf;
}

async function standing(level: string, name: string): Promise<CertificateStanding> {
  const found = (await certificates.list()).find((one) => one.level === level && one.name === name);
  assert.ok(found?.standing, `${name} at ${level}`);
  return found.standing;
}

function served(listener: string, fingerprint: string, verdict: Served['verdict'] = 'match'): Served {
  return { listener, address: '198.18.0.1', port: 25, verdict, detail: '', fingerprint, expires: '', seen };
}

describe('the inventory', () => {
  it('says which levels hide a certificate, and on which machines', async () => {
    await bound('cluster', 'mx');
    await bound('machine/mx2', 'mx');
    await apply({ op: 'remove', level: 'machine/mx3', path: '/certificates/mx' });

    assert.deepEqual((await standing('cluster', 'mx')).shadowedBy, [
      { level: 'machine/mx2', machines: ['mx2'] },
      { level: 'machine/mx3', machines: ['mx3'], removes: true },
    ]);
    assert.deepEqual((await standing('machine/mx2', 'mx')).shadows, [{ level: 'cluster', machines: ['mx2'] }]);
    assert.deepEqual((await standing('defaults', demonstrationName)).shadowedBy, []);
  });

  it('takes a section that is removed whole for a removal of every name above it', () => {
    const configuration = {
      groups: { main: {} },
      machines: { mx3: { id: '00000000-0000-4000-8000-000000000003', group: 'main' } },
      layers: {
        'group/main': { certificates: { mx: { key: 'a'.repeat(64), chain: 'b'.repeat(64) } } },
        'machine/mx3': { certificates: null },
      },
    };

    const found = shadows(configuration);

    const shadowedBy = [{ level: 'machine/mx3', machines: ['mx3'], removes: true }];
    assert.deepEqual(found.get(useKey('group/main', 'mx')), { shadows: [], shadowedBy });
    assert.deepEqual(found.get(useKey('defaults', demonstrationName)), { shadows: [], shadowedBy });
  });

  it('tells where a certificate is served, where it should be and is not, and where it still is', async () => {
    const leaf = await bound('cluster', 'public');
    const other = await bound('cluster', 'other');
    await apply(
      set('cluster', '/listeners/public/certificate', 'public'),
      set('machine/mx3', '/listeners/public/certificate', 'other'),
    );
    statuses = [
      { machine: 'mx1', served: [served('public', leaf)] },
      { machine: 'mx2', served: [served('public', '', 'unreachable')] },
      { machine: 'mx3', served: [served('public', leaf, 'differs')] },
      { machine: 'gone', served: [served('public', leaf)] },
    ];

    const at = (machine: string) => ({ machine, listener: 'public' });
    assert.deepEqual((await standing('cluster', 'public')).served, [
      { ...at('mx1'), wanted: true, seen: 'yes', time: seen },
      { ...at('mx2'), wanted: true, seen: 'nothing', time: seen },
      { ...at('mx3'), wanted: false, seen: 'yes', time: seen },
    ]);
    assert.deepEqual((await standing('cluster', 'other')).served, [
      { ...at('mx3'), wanted: true, seen: 'other', time: seen },
    ]);
    assert.notEqual(leaf, other);

    statuses = [];
    assert.deepEqual((await standing('cluster', 'other')).served, [{ ...at('mx3'), wanted: true, seen: 'never' }]);
  });

  it('knows what signs itself, and flags the demonstration certificate', async () => {
    await bound('cluster', 'own');

    const own = await standing('cluster', 'own');
    const built = await standing('defaults', demonstrationName);

    assert.deepEqual([own.keyKind, own.verdict.state], ['ec-p256', 'self-signed']);
    assert.deepEqual([built.keyKind, built.verdict.state], ['rsa-2048', 'demonstration']);
  });

  it('names the issuer that is missing, until a trust list holds its root', { skip: withoutOpenssl }, async () => {
    makeHierarchy(folder, 'ec');
    const { pki } = api.deps;
    const { binding } = await pki.importPem(texts(folder, 'leaf.key', 'leaf.pem', 'intermediate.pem'));
    await apply(set('cluster', '/certificates/issued', binding));

    const before = await certificates.show('cluster', 'issued');
    const { bundle } = await pki.putBundle(texts(folder, 'root.pem'));
    await apply(set('cluster', '/trust/partners', { source: 'bundle', bundle }));
    const now = await certificates.show('cluster', 'issued');

    assert.equal(before.standing.verdict.state, 'incomplete');
    assert.match(before.standing.verdict.detail, /^issuer not here: .*CN=root$/);
    assert.deepEqual(
      before.links.map(({ role }) => role),
      ['leaf', 'intermediate'],
    );
    assert.equal(now.standing.verdict.state, 'complete');
    assert.match(now.standing.verdict.detail, /^leads to root, of the trust list partners$/);
    assert.deepEqual(
      now.links.map(({ role, source }) => [role, source]),
      [
        ['leaf', undefined],
        ['intermediate', undefined],
        ['root', 'the trust list partners'],
      ],
    );
  });

  it('is not taken in by another root of the same name', { skip: withoutOpenssl }, async () => {
    const impostors = temporaryFolder();
    makeHierarchy(impostors, 'ec');
    const { pki } = api.deps;
    const { binding } = await pki.importPem(texts(impostors, 'leaf.key', 'leaf.pem', 'intermediate.pem'));
    removeFolder(impostors);

    await apply(set('cluster', '/certificates/impostor', binding));

    assert.equal((await standing('cluster', 'impostor')).verdict.state, 'incomplete');
  });

  it('says that a chain is out of date, from the day it is', async () => {
    const { config, pki } = api.deps;
    const now = () => new Date('2060-01-01T00:00:00Z');
    const later = inventory({ config, pki, now, push: { statuses: () => Promise.resolve([]) }, ...sources() });

    const found = (await later.list()).find(({ name }) => name === 'own');

    assert.equal(found?.standing?.verdict.state, 'expired');
    assert.match(found.standing.verdict.detail, /^CN=own\.example\.test expired on 20\d\d-/);
  });
});
