// A file that was damaged anywhere is refused, by a load and by a take-over, with an error that says so, and nothing at all has come of it.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { isNamed } from '../../services/errors.ts';
import type { ConfigurationFile } from '../../services/schema/types.generated.ts';
import { readAll } from '../../services/store/read-all.ts';
import { withoutOpenssl } from '../pki/openssl.ts';
import { cheaply, passphrase } from './cheaply.ts';
import { furnishSparely } from './small-file.ts';
import { surroundings, type Surroundings } from './surroundings.ts';

const full = process.env['SIGNET_TEST'] === 'full';

describe('a configuration file with one bit flipped', { skip: withoutOpenssl }, () => {
  let from: Surroundings;
  let to: Surroundings;
  let written = 0;

  before(async () => {
    const counted: Parameters<typeof surroundings>[0] = (store) => ({
      ...store,
      transact(transaction) {
        written += transaction.writes.length;
        return store.transact(transaction);
      },
    });
    [from, to] = [await surroundings(counted), await surroundings(counted)];
    await furnishSparely(from);
    // What the first of all makes for itself.
    await to.sshKey();
  });
  after(() => Promise.all([from.close(), to.close()]));

  it('is refused at every place of one that is under a passphrase', async () => {
    const file = await cheaply(await from.backup.save({ passphrase, history: true }));
    const text = `${JSON.stringify(JSON.parse(file), null, 2)}\n`;
    await swept({
      ...{ text, at: to, places: [...inEveryField(text), ...(full ? encrypted(text) : [])] },
      ways: [
        (damaged) => to.backup.load('anna', damaged, { passphrase, foreign: true }),
        (damaged) => to.backup.takeOver('anna', damaged, { passphrase }),
      ],
    });
  });

  it('is refused at every place of one without secrets, where its keys are at hand', async () => {
    const text = await from.backup.save({ history: true });
    await swept({
      ...{ text, at: from, places: [...Buffer.from(text).keys()] },
      ways: [(damaged) => from.backup.load('anna', damaged, {})],
    });
  });

  interface Sweep {
    readonly text: string;
    readonly at: Surroundings;
    readonly places: readonly number[];
    /** Taken in turn. */
    readonly ways: readonly ((damaged: string) => Promise<unknown>)[];
  }

  async function swept({ text, at, places, ways }: Sweep): Promise<void> {
    for (const part of ['history', 'originals', 'archives', 'authorities', 'issued', 'chains', 'secrets'])
      assert.ok(part in (JSON.parse(text) as ConfigurationFile), part);
    const [file, stored, encrypted] = [Buffer.from(text), await readAll(at.store, ''), text.indexOf('"secrets": "')];
    assert.ok(places.length > 150, `${places.length} places`);
    written = 0;
    for (const [n, place] of places.entries()) {
      const damaged = Buffer.from(file);
      damaged[place] = (damaged[place] ?? 0) ^ (1 << (place % 8));
      const way = ways[n % ways.length] ?? assert.fail();
      await assert.rejects(
        way(damaged.toString()),
        (error) =>
          isNamed(error, 'invalid-input') || (encrypted > 0 && place > encrypted && isNamed(error, 'wrong-passphrase')),
        `byte ${place}`,
      );
      assert.equal(written, 0, `byte ${place}`);
    }
    assert.deepEqual(await readAll(at.store, ''), stored);
  }

  /** Every place of it: a minute for 1,000 of them, as each is opened in a thread of its own. What is around it has one digest with and without secrets. */
  function encrypted(text: string): readonly number[] {
    const start = text.indexOf('"secrets": "');
    return [...Buffer.from(text).keys()].slice(start);
  }

  /** In the name and in the value of every field: the first of its kind, as many look alike but for a name or digest. */
  function inEveryField(text: string): readonly number[] {
    const seen = new Set<string>();
    let start = 0;
    return text.split('\n').flatMap((line) => {
      const [from, end] = [start, start + line.length];
      start = end + 1;
      const kind = line
        .replace(/"[0-9a-f-]{36,64}"/, '"digest"')
        .replace(/:.*/, '')
        .slice(0, 60);
      if (line.trim() === '' || seen.has(kind)) return [];
      seen.add(kind);
      const value = line.includes(': ') ? from + line.indexOf(': ') + 2 : from;
      const name = from + (/\S/.exec(line)?.index ?? 0) + 1;
      return [...new Set([name, Math.floor((value + end) / 2)])].filter((at) => at < end);
    });
  }
});
