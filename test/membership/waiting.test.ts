/** A machine that came with a configuration file, and that nobody has taken over. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { membershipService } from '../../services/membership/service.ts';
import { platforms } from '../../services/platforms/registry.ts';
import type { PushService } from '../../services/push/contract.ts';
import type { Pool } from '../../services/push/pool.ts';
import { furnish, registration, surroundings, type Surroundings } from '../backup/surroundings.ts';
import { machineId } from '../config/surroundings.ts';
import { withoutOpenssl } from '../pki/openssl.ts';

describe('a machine that waits', { skip: withoutOpenssl }, () => {
  let at: Surroundings;
  before(async () => {
    at = await surroundings();
    await furnish(at);
    await at.machines.put({ ...registration(2, 'mx2'), state: 'waiting' });
  });
  after(() => at.close());

  it('can be let go by force: it leaves the configuration with its settings, and the gateway is not touched', async () => {
    const dropped: string[] = [];
    const pool: Pool = {
      link: () => Promise.reject(new Error('no gateway')),
      drop: (id) => void dropped.push(id),
      close: () => undefined,
    };
    const push = { forget: () => Promise.resolve() } as unknown as PushService;
    const { config, machines } = at;
    const membership = membershipService({
      ...{ config, machines, push, platforms, pool },
      ...{ sshKey: { publicKey: '', privateKey: '' }, script: { version: '1', text: '', installer: '' } },
      now: () => new Date('2026-11-24T10:00:00Z'),
    });

    await assert.rejects(membership.leave('anna', 'mx2', {}), /mx2 waits to be taken over, .* --force/);
    const { plan, notes } = await membership.leave('anna', 'mx2', { force: true });

    assert.deepEqual(plan.certificates, ['mx']);
    assert.match(notes.join(), /mx2 was not taken over by this controller/);
    assert.deepEqual(Object.keys((await config.configuration(2)).machines), ['mx1']);
    assert.equal((await machines.get(machineId(2))).state, 'left');
    assert.deepEqual((await machines.archive(machineId(2)))?.group, 'edge');
  });
});
