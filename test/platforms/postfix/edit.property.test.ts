/** Whatever main.cf and master.cf look like: what is not Signet's stays byte for byte, and what was there comes back. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';

import fc from 'fast-check';

import { isNamed } from '../../../services/errors.ts';
import { postfix } from '../../../services/platforms/postfix/postfix.ts';
import type { Facts, Manifest, PostfixIntent } from '../../../services/schema/types.generated.ts';
import { changed, facts, nothing } from './sample.ts';

const owned = [
  'smtp_tls_loglevel',
  'smtp_tls_CApath',
  'smtpd_tls_ciphers',
  'smtp_helo_name',
  'smtp_tls_exclude_ciphers',
];
const others = [
  'biff',
  'mydestination',
  'smtpd_banner',
  'smtpd_tls_cert_file',
  'recipient_delimiter',
  'transport_maps',
];
const values = ['', '1', 'no', 'high', 'a, b', 'mx1.example.test'];

const blankOrComment = fc.constantFrom('', '   ', '\t', '# a comment', '  # indented', '#smtp_tls_loglevel = 9');
const continuation = fc
  .tuple(fc.array(blankOrComment, { maxLength: 2 }), fc.constantFrom('  more', '\tmore, and more', ' = more'))
  .map(([between, line]) => [...between, line]);

const assignment = fc
  .record({
    name: fc.constantFrom(...owned, ...others),
    equals: fc.constantFrom(' = ', '=', ' =', '=\t'),
    value: fc.constantFrom(...values),
    trailing: fc.constantFrom('', '', ' ', '\t'),
    continued: fc.option(continuation, { nil: [], freq: 5 }),
  })
  .map(({ name, equals, value, trailing, continued }) => [`${name}${equals}${value}${trailing}`, ...continued]);

const mainCfText = text(
  fc.oneof(
    { weight: 3, arbitrary: assignment },
    blankOrComment.map(alone),
    fc.constant(['nonsense']),
    fc.constant(['  lost']),
  ),
);

const options = fc.array(
  fc.constantFrom(
    '-o smtpd_tls_security_level=none',
    '-o smtpd_tls_wrappermode=no',
    '-o content_filter=scan:[127.0.0.1]:10024',
    '-o { smtpd_client_restrictions = permit_mynetworks, reject }',
    '-o{ smtpd_tls_protocols = !SSLv2, !SSLv3 }',
    '-osmtpd_tls_loglevel=2',
    '-v',
  ),
  { maxLength: 4 },
);

const service = fc
  .record({
    head: fc.constantFrom(
      'smtp      inet  n       -       y       -       -       smtpd',
      '25 inet n - n - 50 smtpd',
      '0.0.0.0:25 inet n - n - - smtpd',
      '[::]:smtp inet n - n - - smtpd',
      '587 inet n - y - - smtpd',
      '198.18.0.11:submission\tinet\tn\t-\ty\t-\t-\tsmtpd',
      '[2001:DB8:0::11]:2525 inet n - y - - smtpd',
      '628 inet n - y - - qmqpd',
      'smtp unix - - y - - smtp',
      'lmtp unix - - y - - lmtp',
      'incomplete inet n',
    ),
    options,
    layout: fc.constantFrom(' ', '\n  ', '\n# why\n\t', '\n\n    '),
  })
  .map(({ head, options: all, layout }) => (head + all.map((option) => layout + option).join('')).split('\n'));

const masterCfText = text(fc.oneof({ weight: 2, arbitrary: service }, blankOrComment.map(alone)));

const listening: fc.Arbitrary<PostfixIntent> = fc.record({
  parameters: fc.dictionary(fc.constantFrom(...owned), fc.constantFrom(...values)),
  services: fc
    .record({
      smtp: fc.constantFrom([], ['all'], ['198.18.0.11'], ['198.18.0.11', '2001:db8::11']),
      submission: fc.constantFrom([], ['all'], ['198.18.0.11']),
      other: fc.constantFrom([], ['2001:db8::11']),
      options: fc.dictionary(
        fc.constantFrom('myhostname', 'smtpd_tls_security_level', 'smtpd_tls_chain_files', 'tls_server_sni_maps'),
        fc.constantFrom('', 'may', 'mx.example.test', 'two words'),
        { minKeys: 1 },
      ),
    })
    .map((chosen) => [
      ...chosen.smtp.map((address) => ({ address, port: 25, options: chosen.options })),
      ...chosen.submission.map((address) => ({ address, port: 587, options: chosen.options })),
      ...chosen.other.map((address) => ({ address, port: 2525, options: chosen.options })),
    ]),
});

const table = 'texthash:/var/lib/signet/current/files/postfix/transport';
const transports: fc.Arbitrary<NonNullable<PostfixIntent['transports']>> = fc
  .subarray(['client', 'partner'])
  .map((names) =>
    names.map((name) => ({
      name: `signet-${name}`,
      options: { smtp_tls_chain_files: `/var/lib/signet/current/files/certificates/${name}.pem` },
    })),
  );

const intent: fc.Arbitrary<PostfixIntent> = fc
  .tuple(listening, transports)
  .map(([parts, delivering]) => (delivering.length > 0 ? { ...parts, transports: delivering } : parts));

const machine = fc.record({ mainCf: mainCfText, masterCf: masterCfText }).map((texts) => facts(texts));

describe('edit, for any main.cf and master.cf', () => {
  it('gives the original back byte for byte once nothing is owned', () => {
    fc.assert(
      fc.property(machine, fc.array(intent, { minLength: 1, maxLength: 4 }), (original, intents) => {
        const { live, last } = deploy(original, intents);

        const back = changed(live, nothing, last, original);

        assert.deepEqual(textsOf(back), textsOf(original));
      }),
      { numRuns: 400 },
    );
  });

  it('changes nothing when it is done again', () => {
    fc.assert(
      fc.property(machine, intent, intent, (original, first, second) => {
        const { live, last } = deploy(original, [first, second]);

        assert.deepEqual(textsOf(changed(live, last, last, original)), textsOf(live));
        assert.deepEqual(textsOf(changed(live, last, manifest(first), original)), textsOf(live));
      }),
      { numRuns: 400 },
    );
  });

  it('gives the same main.cf whatever was deployed in between', () => {
    fc.assert(
      fc.property(machine, intent, intent, (original, first, second) => {
        const { live } = deploy(original, [first, second]);

        const direct = deploy(original, [{ ...second, services: [] }]);

        assert.equal(live.postfix?.mainCf, direct.live.postfix?.mainCf);
      }),
      { numRuns: 400 },
    );
  });

  it('leaves no drift', () => {
    fc.assert(
      fc.property(machine, fc.array(intent, { minLength: 1, maxLength: 3 }), (original, intents) => {
        const { live, last } = deploy(original, intents);

        assert.deepEqual(postfix.drift(live, last), []);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps what is added by hand outside of what it owns, also when it lets go', () => {
    fc.assert(
      fc.property(machine, intent, (original, first) => {
        const { live, last } = deploy(original, [first]);
        const byHand = appended(live);

        const again = changed(byHand, last, last, original);
        const back = changed(again, nothing, last, original);

        assert.deepEqual(textsOf(again), textsOf(byHand));
        assert.deepEqual(textsOf(back), textsOf(appended(original)));
      }),
      { numRuns: 300 },
    );
  });
});

const temporary = mkdtempSync(join(tmpdir(), 'signet-postfix-'));
after(() => rmSync(temporary, { recursive: true }));
const lacksPostconf = spawnSync('postconf', ['-h', 'mail_version']).status === 0 ? false : 'postconf is not installed';

describe('edit, as the real postconf reads it', { skip: lacksPostconf }, () => {
  it('sets what is wanted and changes no other parameter', () => {
    fc.assert(
      fc.property(machine, intent, (original, first) => {
        const clean = withoutNonsense(original);
        const { live } = deploy(clean, [first]);

        const wanted = Object.entries(first.parameters).filter(([, value]) => value !== '');
        const before = Object.entries(postconf(clean)).filter(([name]) => !Object.hasOwn(first.parameters, name));
        const found = Object.entries(postconf(live)).filter(([, value]) => value !== '');

        const expected = Object.fromEntries([...before.filter(([, value]) => value !== ''), ...wanted]);
        const theirs = expected['transport_maps'];
        if (first.transports) expected['transport_maps'] = theirs === undefined ? table : `${theirs}, ${table}`;
        assert.deepEqual(Object.fromEntries(found), expected);
      }),
      { numRuns: 6 },
    );
  });
});

/** Deploys one intent after the other; a machine whose services clash with one is not a case. */
function deploy(original: Facts, intents: readonly PostfixIntent[]): { readonly live: Facts; readonly last: Manifest } {
  let live = original;
  let last: Manifest | undefined;
  try {
    for (const one of intents) {
      live = changed(live, manifest(one), last, original);
      last = manifest(one);
    }
  } catch (error) {
    fc.pre(!isNamed(error, 'invalid-configuration'));
    throw error;
  }
  return { live, last: last ?? nothing };
}

function manifest(postfixIntent: PostfixIntent): Manifest {
  return { ...nothing, postfix: postfixIntent };
}

function textsOf({ postfix: found }: Facts): readonly unknown[] {
  return [found?.mainCf, found?.masterCf];
}

/** The machine after its owner has added a line at the end of each file. */
function appended(found: Facts): Facts {
  if (!found.postfix) return found;
  const { mainCf, masterCf } = found.postfix;
  return {
    ...found,
    postfix: {
      ...found.postfix,
      mainCf: `${withEnd(mainCf)}queue_run_delay = 1\n`,
      masterCf: `${withEnd(masterCf)}hand unix - - n - - smtp\n`,
    },
  };
}

/** A text that does not end in a line end gets the one that its first line has. */
function withEnd(text: string): string {
  return text === '' || text.endsWith('\n') ? text : text + (/^[^\n]*\r\n/.test(text) ? '\r\n' : '\n');
}

function text(chunk: fc.Arbitrary<readonly string[]>): fc.Arbitrary<string> {
  return fc
    .record({
      chunks: fc.array(chunk, { maxLength: 12 }),
      end: fc.constantFrom('\n', '\n', '\r\n'),
      last: fc.boolean(),
    })
    .map(({ chunks, end, last }) => chunks.flat().join(end) + (last ? end : ''));
}

function alone(line: string): readonly string[] {
  return [line];
}

/** postconf refuses a line without an equals sign. */
function withoutNonsense(found: Facts): Facts {
  const mainCf = found.postfix?.mainCf.replaceAll(/^nonsense\r?$/gm, '# nonsense') ?? '';
  return found.postfix ? { ...found, postfix: { ...found.postfix, mainCf } } : found;
}

function postconf({ postfix: found }: Facts): Readonly<Record<string, string>> {
  writeFileSync(join(temporary, 'main.cf'), found?.mainCf ?? '');
  // postconf waits until main.cf is 2 seconds old.
  utimesSync(join(temporary, 'main.cf'), 0, 0);
  writeFileSync(join(temporary, 'master.cf'), '');
  const { status, stdout, stderr } = spawnSync('postconf', ['-c', temporary, '-nf'], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return Object.fromEntries(
    stdout
      .replaceAll(/\n\s+/g, ' ')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => [
        line.split(' =')[0] ?? '',
        line
          .slice(line.indexOf('=') + 1)
          .replaceAll(/\s+/g, ' ')
          // What separates the parts of a list is blanks and commas, in any number.
          .replaceAll(' ,', ',')
          .trim(),
      ]),
  );
}
