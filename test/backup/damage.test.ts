// A file that was damaged anywhere is refused, by a load and by a take-over, and nothing at all has come of it.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';

import { version } from '../../services/backup/migrate.ts';
import { isNamed } from '../../services/errors.ts';
import type { ConfigurationFile } from '../../services/schema/types.generated.ts';
import { readAll } from '../../services/store/read-all.ts';
import { withoutOpenssl } from '../pki/openssl.ts';
import { passphrase } from './cheaply.ts';
import { goldenFile } from './golden.ts';
import { surroundings, type Surroundings } from './surroundings.ts';

describe('a configuration file with one bit flipped', { skip: withoutOpenssl }, () => {
  const file = Buffer.from(goldenFile(version));
  let to: Surroundings;

  before(async () => {
    to = await surroundings();
    // What the first of all makes for itself.
    await to.sshKey();
  });
  after(() => to.close());

  it('is refused at every place, or only its armor looks another', async () => {
    const before_ = await readAll(to.store, '');
    const places = process.env['SIGNET_TEST'] === 'full' ? every(11) : inEveryField();
    assert.ok(places.length > 150, `${places.length} places`);
    const secrets = file.indexOf('"secrets": "') + 12;
    for (const [n, at] of places.entries()) {
      const damaged = Buffer.from(file);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8));
      const text = damaged.toString();
      const ways = [
        () => to.backup.load('anna', text, { passphrase, foreign: true }),
        () => to.backup.takeOver('anna', text, { passphrase }),
      ] as const;
      // Line ends of the armor may look another, and base64 ends with bits that stand for nothing.
      if (at >= secrets)
        assert.ok((await refused(() => to.backup.planTakeOver(text, { passphrase }))) || sameRest(text));
      else assert.ok(await refused(ways[n % 2 === 0 ? 0 : 1]), `byte ${at}`);
      assert.deepEqual(await readAll(to.store, ''), before_, `byte ${at}`);
    }
  });

  function sameRest(text: string): boolean {
    return isDeepStrictEqual(withoutSecrets(text), withoutSecrets(file.toString()));
  }

  function every(step: number): readonly number[] {
    return Array.from({ length: Math.floor(file.length / step) }, (_none, n) => n * step);
  }

  /** In the name and in the value of every field: the first of its kind, as many look alike but for a name or digest. */
  function inEveryField(): readonly number[] {
    const seen = new Set<string>();
    let start = 0;
    return file
      .toString()
      .split('\n')
      .flatMap((line) => {
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

async function refused(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return false;
  } catch (error) {
    if (isNamed(error, 'invalid-input', 'wrong-passphrase')) return true;
    throw error;
  }
}

function withoutSecrets(text: string): unknown {
  const { secrets: _secrets, ...rest } = JSON.parse(text) as ConfigurationFile;
  return rest;
}
