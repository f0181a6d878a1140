import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';

import { isNamed } from '../../services/errors.ts';
import { machineService, type MachineService } from '../../services/machines/service.ts';
import type { Archive, Facts, Registration } from '../../services/schema/types.generated.ts';
import { embeddedStore } from '../../services/store/embedded.ts';
import type { Store } from '../../services/store/store.ts';

const [first, second] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'] as const;

function registration(id: string, name: string, state: Registration['state'] = 'member'): Registration {
  return { id, name, host: '198.18.0.11', port: 22, user: 'root', hostKey: 'ssh-ed25519 AAAA', state };
}

const facts: Facts = {
  ...{ collected: '2026-01-01T00:00:00.000Z', script: '1', identity: first, hostname: 'mx1', os: 'Debian' },
  ...{ addresses: [], bootId: 'boot', bootHook: 'systemd', freeKilobytes: 1000 },
};

let folder: string;
let store: Store;
let machines: MachineService;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signet-machines-'));
  store = embeddedStore(join(folder, 'store'));
  machines = machineService({ store });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

describe('registrations', () => {
  it('are found by identity and by name, and listed by name', async () => {
    await machines.put(registration(first, 'mx2'));
    await machines.put(registration(second, 'mx1'));

    assert.deepEqual(await machines.get(first), registration(first, 'mx2'));
    assert.deepEqual(await machines.byName('mx1'), registration(second, 'mx1'));
    assert.deepEqual(
      (await machines.list()).map(({ name }) => name),
      ['mx1', 'mx2'],
    );
  });

  it('are not there for unknown machines', async () => {
    await assert.rejects(machines.get(first), (error: unknown) => isNamed(error, 'not-found'));
    assert.equal(await machines.byName('mx1'), undefined);
    assert.equal(await machines.facts(first), undefined);
    await assert.rejects(machines.setFacts(first, facts), (error: unknown) => isNamed(error, 'not-found'));
  });

  it('refuse a name that another machine holds', async () => {
    await machines.put(registration(first, 'mx1'));

    await assert.rejects(machines.put(registration(second, 'mx1')), (error: unknown) =>
      isNamed(error, 'already-exists'),
    );
    await assert.rejects(machines.put(registration(second, 'mx1', 'joining')), (error: unknown) =>
      isNamed(error, 'already-exists'),
    );
  });

  it('let only one of two machines take a name at the same time', async () => {
    const outcomes = await Promise.allSettled([
      machines.put(registration(first, 'mx1')),
      machines.put(registration(second, 'mx1')),
    ]);

    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    assert.equal((await machines.list()).length, 1);
  });

  it('give a name up when its machine leaves, and keep the registration', async () => {
    await machines.put(registration(first, 'mx1'));

    await machines.put(registration(first, 'mx1', 'left'));
    await machines.put(registration(second, 'mx1'));

    assert.equal((await machines.byName('mx1'))?.id, second);
    assert.equal((await machines.get(first)).state, 'left');
    await assert.rejects(machines.put(registration(first, 'mx1')), (error: unknown) =>
      isNamed(error, 'already-exists'),
    );
  });

  it('hold no name while their machine waits to be taken over', async () => {
    await machines.put(registration(first, 'mx1'));

    await machines.put(registration(second, 'mx1', 'waiting'));

    assert.equal((await machines.byName('mx1'))?.id, first);
  });

  it('free the old name of a machine that is renamed', async () => {
    await machines.put(registration(first, 'mx1'));

    await machines.put(registration(first, 'mx9'));

    assert.equal(await machines.byName('mx1'), undefined);
    assert.equal((await machines.byName('mx9'))?.id, first);
  });

  it('keep facts that are learned, beside whatever else changes', async () => {
    await machines.put(registration(first, 'mx1'));

    await machines.setFacts(first, facts);

    assert.deepEqual(await machines.facts(first), facts);
    assert.deepEqual(await machines.get(first), { ...registration(first, 'mx1'), facts });
  });

  it('are forgotten with their name and with what was there before', async () => {
    await machines.put(registration(first, 'mx1'));
    await machines.putOriginal(first, facts);

    await machines.remove(first);
    await machines.remove(first);

    assert.deepEqual(await machines.list(), []);
    assert.equal(await machines.byName('mx1'), undefined);
    assert.equal(await machines.original(first), undefined);
  });

  it('are refused when they are none', async () => {
    await assert.rejects(machines.put({ ...registration(first, 'mx1'), port: 0 }), (error: unknown) =>
      isNamed(error, 'invalid-input'),
    );
  });
});

describe('what is kept of machines', () => {
  const archive: Archive = {
    ...{ id: first, name: 'mx1', group: 'main', left: '2026-01-01T00:00:00.000Z' },
    layer: { listeners: { public: { port: 26 } } },
  };

  it('is the archive of their layer, until it is removed', async () => {
    assert.equal(await machines.archive(first), undefined);

    await machines.putArchive(archive);

    assert.deepEqual(await machines.archive(first), archive);
    assert.deepEqual(await machines.archives(), [archive]);
    await machines.removeArchive(first);
    assert.equal(await machines.archive(first), undefined);
  });

  it('outlives their registration', async () => {
    await machines.put(registration(first, 'mx1'));
    await machines.putArchive(archive);

    await machines.remove(first);

    assert.deepEqual(await machines.archive(first), archive);
  });

  it('is what they were before Signet changed them', async () => {
    await machines.putOriginal(first, facts);

    assert.deepEqual(await machines.original(first), facts);
  });
});
