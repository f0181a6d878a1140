/** What Postfix gets, as files to read: golden/CASE. `UPDATE_GOLDEN=1 node --test dist/test/platforms/postfix/golden.test.js` renews them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';

import { postfix } from '../../../services/platforms/postfix/postfix.ts';
import type { Facts, Manifest, PostfixFacts } from '../../../services/schema/types.generated.ts';
import { changed, facts, fixture, folder, input, manifest, nothing, settings, type Sections } from './sample.ts';

interface Case {
  readonly about: string;
  readonly fixture: string;
  readonly postfix: Partial<PostfixFacts>;
  readonly addresses?: readonly string[];
  /** Sections of the settings that were deployed before. */
  readonly previous?: Sections;
  readonly settings: Sections;
}

const golden = join(folder, 'golden');
const names = readdirSync(golden);
const postconf = spawnSync('postconf', ['-h', 'mail_version'], { encoding: 'utf8' });
const lacksPostconf = postconf.status === 0 ? false : 'postconf is not installed';
const temporary = mkdtempSync(join(tmpdir(), 'signet-postfix-'));
after(() => rmSync(temporary, { recursive: true }));

for (const name of names) {
  const given = JSON.parse(readFileSync(join(golden, name, 'case.json'), 'utf8')) as Case;
  describe(`${name}: ${given.about}`, () => {
    const original = originalFacts(given);
    const wanted = manifest(settings(given.settings), original);
    const before = given.previous ? manifest(settings(given.previous), original) : undefined;
    const start = before ? changed(original, before) : original;
    const change = postfix.edit(start, wanted, before, original);
    const { files, activation, binds } = change;
    const [mainCf, masterCf] = files;

    it('renders and edits to what the golden files hold', () => {
      const table = wanted.files.find(({ path }) => path === 'postfix/tls_policy')?.parts[0];

      assertGolden(name, 'manifest.json', json(wanted));
      const led = wanted.files.find(({ path }) => path === 'postfix/transport')?.parts[0];
      assertGolden(name, 'tls_policy', table && 'text' in table ? table.text : '');
      if (led && 'text' in led) assertGolden(name, 'transport', led.text);
      assertGolden(name, 'main.cf', mainCf?.after ?? '');
      assertGolden(name, 'master.cf', masterCf?.after ?? '');
      assertGolden(name, 'change.json', json({ activation, binds }));
      assertGolden(name, 'inbound', inbound(wanted));
    });

    it('renders the same on the machine that has it', () => {
      assert.deepEqual(manifest(settings(given.settings), changed(start, wanted, before, original)), wanted);
    });

    it('is found in order, before the change and after it', () => {
      assert.deepEqual(postfix.check(input(settings(given.settings), start)), []);
      const live = changed(start, wanted, before, original);
      assert.deepEqual(postfix.check(input(settings(given.settings), live)), []);
      assert.deepEqual(postfix.drift(live, wanted), []);
    });

    it('goes back to the original when nothing is owned any more', () => {
      const live = changed(start, wanted, before, original);

      const back = changed(live, nothing, wanted, original);

      assert.equal(back.postfix?.mainCf, original.postfix?.mainCf);
      assert.equal(back.postfix?.masterCf, original.postfix?.masterCf);
    });

    const skip = given.postfix.version === undefined ? lacksPostconf : 'the machine runs another version';
    it('gives the real postconf nothing to warn about', { skip }, () => {
      assert.deepEqual(warnings(changed(start, wanted, before, original)), []);
    });
  });
}

function originalFacts(given: Case): Facts {
  const texts = { mainCf: fixture(given.fixture, 'main.cf'), masterCf: fixture(given.fixture, 'master.cf') };
  return facts({ ...texts, ...given.postfix }, given.addresses ? { addresses: given.addresses } : {});
}

function warnings({ postfix: found }: Facts): readonly string[] {
  writeFileSync(join(temporary, 'main.cf'), found?.mainCf ?? '');
  writeFileSync(join(temporary, 'master.cf'), found?.masterCf ?? '');
  return ['-n', '-M'].flatMap((flag) => {
    const { status, stderr } = spawnSync('postconf', ['-c', temporary, flag], { encoding: 'utf8' });
    return status === 0 && stderr === '' ? [] : [stderr];
  });
}

/** The files by which clients are told apart, one after the other. */
function inbound({ files }: Manifest): string {
  return files
    .filter(({ path }) => path.startsWith('postfix/inbound/'))
    .map(({ path, parts: [part] }) => `[${path}]\n${part && 'text' in part ? part.text : ''}`)
    .join('\n');
}

function assertGolden(name: string, file: string, text: string): void {
  const path = join(golden, name, file);
  if (process.env['UPDATE_GOLDEN'] === '1' && text !== '') writeFileSync(path, text);
  assert.equal(text, existsSync(path) ? readFileSync(path, 'utf8') : '', `${name}/${file} is not what it was`);
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
