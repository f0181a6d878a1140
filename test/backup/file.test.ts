import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { isNamed, type ErrorCode } from '../../services/errors.ts';
import type { ConfigurationFile } from '../../services/schema/types.generated.ts';
import { machineId } from '../config/surroundings.ts';
import { withoutOpenssl } from '../pki/openssl.ts';
import { open, passphrase, seal } from './cheaply.ts';
import { furnish, registration, surroundings, type Surroundings } from './surroundings.ts';

describe('a configuration file', { skip: withoutOpenssl }, () => {
  let from: Surroundings;
  let to: Surroundings;
  /** As saved, but sealed at a cost that lets a test open it many times. */
  let file = '';
  let keys: readonly string[] = [];
  /** At the cost it is saved with. */
  let costly = '';

  before(async () => {
    [from, to] = [await surroundings(), await surroundings()];
    await furnish(from);
    costly = await from.backup.save({ passphrase });
    const saved = JSON.parse(costly) as ConfigurationFile;
    const inside = await open(saved);
    file = JSON.stringify({ ...saved, secrets: await seal(inside) }, null, 2);
    keys = inside.match(/-----BEGIN PRIVATE KEY-----[^-]*/g) ?? [];
  });
  after(async () => {
    await from.close();
    await to.close();
  });

  const changed = (change: Partial<Record<keyof ConfigurationFile, unknown>>): string =>
    JSON.stringify({ ...(JSON.parse(file) as ConfigurationFile), ...change });

  /** Refused with this code, and nothing has come of it. */
  async function refused(text: string, code: ErrorCode, message: RegExp, word = passphrase): Promise<void> {
    await assert.rejects(to.backup.load('anna', text, { passphrase: word, foreign: true }), (error: unknown) => {
      assert.ok(isNamed(error, code), String(error));
      assert.match(error.message, message);
      return true;
    });
    assert.deepEqual((await to.config.draft('anna')).operations, []);
    assert.deepEqual(await to.machines.list(), []);
  }

  it('holds no private key in clear, nor any line of one', () => {
    assert.equal(keys.length, 3);
    for (const key of keys) {
      const lines = key.split('\\n').filter((line) => line.length > 20 && !line.startsWith('-'));
      assert.ok(lines.length > 0);
      for (const line of lines) assert.ok(!file.includes(line));
    }
    assert.doesNotMatch(file, /BEGIN[A-Z ]*PRIVATE KEY/);
  });

  it('is the same each time, but for the encrypted part', async () => {
    const again = await from.backup.save({ passphrase });

    const rest = (text: string) => text.replace(/"secrets": "[^"]*"/, '');
    assert.notEqual(again, costly);
    assert.equal(rest(again), rest(costly));
  });

  it('is saved and opened while the controller goes on answering', async () => {
    const saving = await heldUp(() => from.backup.save({ passphrase }));
    const opening = await heldUp(() => refused(costly, 'wrong-passphrase', /do not open/, 'another'));

    for (const { longest, whole } of [saving, opening]) assert.ok(longest < whole / 3, `${longest} of ${whole} ms`);
  });

  it('is not opened with another passphrase', async () => {
    await refused(file, 'wrong-passphrase', /do not open with this passphrase/, 'another');
  });

  it('of a newer format is refused in words', async () => {
    await refused(changed({ signet: 4 }), 'invalid-input', /format version 4, newer than this controller's 3/);
  });

  it('that is none is refused in words', async () => {
    await refused('mx1 198.18.0.11\n', 'invalid-input', /not a configuration file: it is not JSON/);
    await refused('[]', 'invalid-input', /the configuration file/);
    await refused('{}', 'invalid-input', /the configuration file/);
  });

  it('that lacks a key or a chain is refused, and says which', async () => {
    const inside = JSON.parse(await open(JSON.parse(file) as ConfigurationFile)) as { readonly keys: object };
    const [lost, ...others] = Object.entries(inside.keys);
    const fewer = { ...inside, keys: Object.fromEntries(others) };

    await refused(
      changed({ secrets: await seal(JSON.stringify(fewer)) }),
      'invalid-input',
      new RegExp(`lacks key ${lost?.[0] ?? ''}; nothing was loaded`),
    );
  });

  it('that was changed since it was saved is refused, whatever was changed', async () => {
    const { configuration, registrations, chains, saved } = JSON.parse(file) as ConfigurationFile;
    const elsewhere = registrations.map((one) => ({ ...one, host: '203.0.113.1' }));
    const open25 = { ...configuration, layers: { ...configuration.layers, cluster: {} } };
    const swapped = Object.fromEntries(Object.keys(chains).map((id, n) => [id, Object.values(chains)[1 - n]]));
    for (const change of [
      { registrations: elsewhere },
      { configuration: open25 },
      { chains: swapped },
      { saved: saved.replace('2026', '2025') },
    ]) {
      await refused(changed(change), 'invalid-input', /was changed or damaged since it was saved; nothing was loaded/);
    }
  });

  it('comes back whole: settings, groups and machines that wait, and nothing before the commit', async () => {
    const { unknownMachines, certificates } = await to.backup.load('anna', file, { passphrase, foreign: true });

    assert.deepEqual([unknownMachines, certificates], [['mx1', 'mx2'], 2]);
    assert.equal((await to.config.head()).number, 0);
    await to.config.commit('anna', { comment: 'as it was', rollout: false });
    assert.deepEqual(await to.config.configuration(1), await from.config.configuration(1));
    assert.deepEqual(
      (await to.machines.list()).map(({ name, state }) => [name, state]),
      [
        ['mx1', 'waiting'],
        ['mx2', 'waiting'],
      ],
    );
    assert.deepEqual((await to.backup.load('anna', file, { passphrase, foreign: true })).operations, []);
  });

  it('is not loaded over a draft that holds changes already', async () => {
    await to.config.amend('anna', [{ op: 'create-group', group: 'other' }]);

    await assert.rejects(to.backup.load('anna', file, { passphrase, foreign: true }), (error: unknown) => {
      assert.ok(isNamed(error, 'precondition-failed'));
      assert.match(error.message, /the draft of anna holds 1 change already; commit or discard it first/);
      return true;
    });
    assert.equal((await to.config.draft('anna')).operations.length, 1);
    await to.config.discard('anna');
  });

  it('lets a machine that has left since wait again, and leaves one that has joined since where it is', async () => {
    const { config, machines, backup } = from;
    const layer = { interfaces: { main: { address: 'all', hostname: 'mx3.example.test' } } };
    await machines.put(registration(3, 'mx3'));
    await config.apply(
      'anna',
      [
        { op: 'dismiss', machine: 'mx2' },
        { op: 'admit', machine: 'mx3', id: machineId(3), group: 'edge', layer },
      ],
      { comment: 'other machines', rollout: false },
    );
    await machines.put({ ...registration(2, 'mx2'), state: 'left' });

    const { unknownMachines } = await backup.load('anna', file, { passphrase, foreign: true });
    await config.commit('anna', { comment: 'as it was', rollout: false });

    assert.deepEqual(unknownMachines, ['mx2']);
    assert.deepEqual(
      (await machines.list()).map(({ name, state }) => [name, state]),
      [
        ['mx1', 'member'],
        ['mx2', 'waiting'],
        ['mx3', 'member'],
      ],
    );
    assert.deepEqual(Object.keys((await config.configuration(3)).machines).sort(), ['mx1', 'mx2', 'mx3']);
  });
});

/** How long `work` took, and the longest that a timer of 5 ms waited for its turn meanwhile. */
async function heldUp(work: () => Promise<unknown>): Promise<{ readonly longest: number; readonly whole: number }> {
  const began = performance.now();
  let [last, longest] = [began, 0];
  const turn = () => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  };
  const timer = setInterval(turn, 5);
  await work();
  turn();
  clearInterval(timer);
  return { longest, whole: performance.now() - began };
}
