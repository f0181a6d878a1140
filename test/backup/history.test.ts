// Earlier revisions go along on request, and a take-over brings them back under their numbers.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { packed, unpacked, type Past } from '../../services/backup/history.ts';
import { isNamed } from '../../services/errors.ts';
import { blobsOf } from '../../services/config/blobs.ts';
import { emptyConfiguration } from '../../services/config/operations.ts';
import type { Configuration, ConfigurationFile, Operation } from '../../services/schema/types.generated.ts';
import { keys } from '../../services/store/keys.ts';
import { readAll } from '../../services/store/read-all.ts';
import { withoutOpenssl } from '../pki/openssl.ts';
import { cheaply, passphrase } from './cheaply.ts';
import { killedAt } from './killing.ts';
import { furnish, surroundings, type Surroundings } from './surroundings.ts';

describe('the history in a configuration file', { skip: withoutOpenssl }, () => {
  const set = (path: string, value: unknown) => ({ op: 'set', level: 'cluster', path, value }) as Operation;

  it('comes back with a take-over: every revision under its number, and a rollback to one with its keys', async () => {
    const [from, to] = [await surroundings(), await surroundings()];
    await furnish(from);
    const { binding } = await from.pki.create({ subject: { commonName: 'new.example.test' }, key: 'ec-p256' });
    const options = { rollout: true };
    await from.config.apply('bert', [set('/certificates/mx', binding)], { comment: 'renewed', ...options });
    await from.config.apply('bert', [{ op: 'unset', level: 'cluster', path: '/trust' }], {
      comment: 'third',
      ...options,
    });

    const file = await cheaply(await from.backup.save({ passphrase, history: true }));
    const plan = await to.backup.planTakeOver(file, { passphrase });
    await to.backup.takeOver('anna', file, { passphrase });

    assert.equal(plan.history, 2);
    assert.deepEqual(await to.config.history(), await from.config.history());
    for (const number of [1, 2, 3])
      assert.deepEqual(await to.config.configuration(number), await from.config.configuration(number));
    const { revision } = await to.config.rollback('anna', 1, { comment: 'back', rollout: false });
    assert.equal(revision.number, 4);
    const { layers } = await to.config.configuration(4);
    const { mx } = (layers['cluster'] as { readonly certificates: { readonly mx: { readonly key: string } } })
      .certificates;
    assert.notEqual(mx.key, binding.key);
    assert.equal(await to.pki.keyPem(mx.key), await from.pki.keyPem(mx.key));
    const again = JSON.parse(await to.backup.save({ passphrase, history: true, revision: 3 })) as ConfigurationFile;
    assert.deepEqual(again.history, (JSON.parse(file) as ConfigurationFile).history);
    await Promise.all([from.close(), to.close()]);
  });

  it('begins with the take-over on a controller that took over from a file without it', async () => {
    const [from, to, last] = [await surroundings(), await surroundings(), await surroundings()];
    await furnish(from);
    for (const port of [26, 27])
      await from.config.apply('bert', [set('/listeners/public/port', port)], { comment: '', rollout: true });
    await to.backup.takeOver('anna', await cheaply(await from.backup.save({ passphrase })), { passphrase });
    for (const port of [28, 29])
      await to.config.apply('bert', [set('/listeners/public/port', port)], { comment: '', rollout: true });
    const numbers = async (page: object) => (await to.config.history(page)).map(({ number }) => number);

    const pages = [await numbers({}), await numbers({ before: 5, limit: 2 }), await numbers({ before: 3, limit: 1 })];
    const file = await cheaply(await to.backup.save({ passphrase, history: true }));
    await last.backup.takeOver('anna', file, { passphrase });

    assert.deepEqual(pages, [[5, 4, 3, 0], [4, 3], [0]]);
    const { history } = JSON.parse(file) as ConfigurationFile;
    assert.deepEqual(
      history?.revisions.map(({ revision }) => revision.number),
      [3, 4],
    );
    assert.deepEqual(await last.config.history(), await to.config.history());
    await Promise.all([from.close(), to.close(), last.close()]);
  });

  it('is left out of a load, and of a file of parts', async () => {
    const [from, to] = [await surroundings(), await surroundings()];
    await furnish(from);
    await from.config.apply('bert', [{ op: 'create-group', group: 'other' }], { comment: 'second', rollout: true });
    const file = await cheaply(await from.backup.save({ passphrase, history: true }));

    const { history } = await to.backup.load('anna', file, { passphrase, foreign: true });

    assert.equal(history, 1);
    assert.equal((await to.config.head()).number, 0);
    await assert.rejects(
      from.backup.save({ passphrase, history: true, levels: ['cluster'] }),
      (error: unknown) => isNamed(error, 'invalid-input') && error.message.includes('have no history of their own'),
    );
    await Promise.all([from.close(), to.close()]);
  });

  it('leaves out a key that is gone, and brings back the rest', async () => {
    const [from, to] = [await surroundings(), await surroundings()];
    await furnish(from);
    const { binding } = await from.pki.create({ subject: { commonName: 'new.example.test' }, key: 'ec-p256' });
    const old = (await from.config.configuration(1)).layers['cluster'] as {
      readonly certificates: { readonly mx: { readonly key: string } };
    };
    await from.config.apply('bert', [set('/certificates/mx', binding)], { comment: 'renewed', rollout: false });
    await from.forget(old.certificates.mx.key);

    const file = await cheaply(await from.backup.save({ passphrase, history: true }));
    await to.backup.takeOver('anna', file, { passphrase });

    const { history } = JSON.parse(file) as ConfigurationFile;
    assert.deepEqual(history?.gone, { keys: [old.certificates.mx.key], chains: [], bundles: [] });
    assert.deepEqual(await to.config.configuration(1), await from.config.configuration(1));
    await assert.rejects(to.pki.keyPem(old.certificates.mx.key), (error: unknown) => isNamed(error, 'not-found'));
    await Promise.all([from.close(), to.close()]);
  });
});

describe('a take-over that is killed half-way through the history', { skip: withoutOpenssl }, () => {
  const count = 130;
  let from: Surroundings;
  let file = '';

  before(async () => {
    from = await surroundings();
    await furnish(from);
    const first = await from.config.configuration(1);
    for (let number = 2; number <= count; number += 1) {
      const layer = { outbound: { heloName: `mx${number}.example.test` } };
      const digests = await from.config.keep(blobsOf({ ...first, layers: { ...first.layers, 'group/edge': layer } }));
      const about = { author: 'bert', time: '2026-11-24T10:00:00.000Z', comment: '', rollout: true };
      const value = JSON.stringify({ number, ...about, ...digests });
      const writes = [
        { put: keys.revision(number), value },
        { put: keys.head, value: String(number) },
      ];
      await from.store.transact({ compare: [], writes });
    }
    file = await cheaply(await from.backup.save({ passphrase, history: true }));
  });
  after(() => from.close());

  const places = {
    'between the values of two revisions': async () => keys.blob((await from.config.revision(65)).layers),
    'at the first of their records': () => Promise.resolve(keys.revision(1)),
    'between two lots of their records': () => Promise.resolve(keys.revision(101)),
    'before the end': () => Promise.resolve(keys.head),
  };
  for (const [where, place] of Object.entries(places)) {
    it(`leaves none of it, and takes all of it afterwards: ${where}`, async () => {
      const faults = killedAt(await place());
      const to = await surroundings(faults.wrap);
      await assert.rejects(to.backup.takeOver('anna', file, { passphrase }), /killed/);
      assert.ok(faults.isHit());

      faults.revive();
      await to.backup.recover();

      for (const prefix of ['machine/', keys.revisions, keys.head, 'inherited/', 'controller/taking'])
        assert.deepEqual(await readAll(to.store, prefix), [], prefix);
      await to.backup.takeOver('anna', file, { passphrase });
      assert.deepEqual(await to.config.history({ limit: 200 }), await from.config.history({ limit: 200 }));
      for (const number of [1, 65, 101, count])
        assert.deepEqual(await to.config.configuration(number), await from.config.configuration(number));
      await to.close();
    });
  }
});

describe('a thousand revisions', () => {
  async function* thousand(): AsyncGenerator<Past> {
    for (let number = 1; number <= 1000; number += 1) {
      const layers = Object.fromEntries(
        Array.from({ length: 50 }, (_none, n) => [
          `machine/mx${n}`,
          { listeners: { public: { port: n === number % 50 ? number : 25 } } },
        ]),
      );
      const configuration: Configuration = { ...emptyConfiguration, layers };
      const { roster, layers: index } = blobsOf(configuration);
      const time = '2026-11-24T10:00:00.000Z';
      const about = { author: 'anna', comment: '', rollout: true };
      await Promise.resolve();
      yield { revision: { number, time, ...about, roster, layers: index }, configuration };
    }
  }

  it('take room for what changed only, and come back in seconds', async () => {
    const began = performance.now();
    const history = await packed(thousand());
    let last = 0;
    for await (const { revision } of unpacked(history)) last = revision.number;

    assert.equal(last, 1000);
    assert.ok(JSON.stringify(history).length < 1_000_000);
    assert.ok(performance.now() - began < 60_000);
  });

  it('are refused when one is not what its digests say', async () => {
    const history = await packed(thousand());
    const [one, two, ...rest] = history.revisions;
    const swapped = { ...history, revisions: [two ?? assert.fail(), one ?? assert.fail(), ...rest] };

    await assert.rejects(
      async () => {
        for await (const _one of unpacked(swapped));
      },
      (error: unknown) => isNamed(error, 'invalid-input') && /history .* not what its digests say/.test(error.message),
    );
  });
});
