/** What is different on a machine that was left alone: its own files edited by hand, held against what Signet gave it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { isNamed } from '../../services/errors.ts';
import { taken, takeOperations, unproven, type Decisions } from '../../services/membership/deciding.ts';
import { differences, type Difference, type Sides } from '../../services/membership/reconnect.ts';
import { edits } from '../../services/platforms/postfix/drift.ts';
import { ownMaterial, together } from '../../services/platforms/postfix/present/own-material.ts';
import { ownedSettings, readPresent } from '../../services/platforms/postfix/present/present.ts';
import type { Material } from '../../services/platforms/postfix/present/sources.ts';
import type { JsonObject } from '../../services/schema/json.ts';
import type { Facts, Operation, Settings } from '../../services/schema/types.generated.ts';
import {
  binding,
  changed,
  facts,
  listener,
  manifest,
  policy,
  postfixOf,
  settings,
} from '../platforms/postfix/sample.ts';

type Protocols = Settings['protocols']['inbound'];
const inbound = (changes: Partial<Protocols>) => ({
  ...settings().protocols,
  inbound: { ...settings().protocols.inbound, ...changes },
});
const given = manifest(settings(), facts());
const before: Facts = changed(facts(), given);
const byHand: Material = {
  certificates: new Map([['/etc/ssl/own.pem /etc/ssl/own.pem', binding('7')]]),
  ...{ bundles: new Map(), tables: new Map(), faults: new Map() },
};

/** The machine with lines of its main.cf, or options of its public service, changed by hand. */
function edited(lines: Readonly<Record<string, string>>): Facts {
  const postfix = postfixOf(before);
  let { mainCf, masterCf } = postfix;
  for (const [name, value] of Object.entries(lines)) {
    const line = new RegExp(`^${name} =.*$`, 'm');
    if (line.test(mainCf)) mainCf = mainCf.replace(line, `${name} = ${value}`);
    else if (masterCf.includes(`-o ${name}=`)) {
      masterCf = masterCf.replace(new RegExp(`-o ${name}=.*`), `-o ${name}=${value}`);
    } else mainCf += `${name} = ${value}\n`;
  }
  return { ...before, postfix: { ...postfix, mainCf, masterCf } };
}

function sides(live: Facts, head: Settings = settings(), extra: Partial<Sides> = {}): Sides {
  const own = ownMaterial(given);
  return {
    ...{ before: settings() as unknown as JsonObject, head: head as unknown as JsonObject },
    live: readPresent(live, postfixOf(live), together(byHand, own)),
    unedited: readPresent(before, postfixOf(before), own),
    edits: edits(live, given),
    open: edits(live, given, manifest(head, live)).map(({ detail }) => detail),
    ...{ found: ownedSettings(postfixOf(before)), owned: ownedSettings(postfixOf(live)) },
    ...extra,
  };
}

const tls13 = { smtpd_tls_protocols: '>=TLSv1.3', smtpd_tls_mandatory_protocols: '>=TLSv1.3' };
const ownCertificate = { smtpd_tls_chain_files: '/etc/ssl/own.pem' };
const front = settings({ listeners: { front: listener() } });
const two = settings({
  listeners: { public: listener(), submission: listener({ port: 587, role: 'private', policy: 'required' }) },
});

describe('a difference', () => {
  type Seen = readonly [path: string, changed: Difference['changed'], state: 'open' | 'stuck' | 'same'];
  const cases: readonly (readonly [title: string, sides: Sides, seen: readonly Seen[]])[] = [
    ['is none where nothing was changed', sides(before), []],
    [
      'in the configuration only asks nobody',
      sides(before, settings({ protocols: inbound({ minimum: 'TLSv1.3' }) })),
      [['/protocols/inbound/minimum', 'configuration', 'open']],
    ],
    ['on the machine only is one of it', sides(edited(tls13)), [['/protocols/inbound/minimum', 'machine', 'open']]],
    [
      'on both is one setting',
      sides(edited(tls13), settings({ protocols: inbound({ minimum: 'TLSv1.1' }) })),
      [['/protocols/inbound/minimum', 'both', 'open']],
    ],
    [
      'on both to the same is settled',
      sides(edited(tls13), settings({ protocols: inbound({ minimum: 'TLSv1.3' }) })),
      [['/protocols/inbound/minimum', 'both', 'same']],
    ],
    [
      'in one of two lines that Signet sets alike is told by both',
      sides(edited({ smtpd_tls_mandatory_protocols: '>=TLSv1.3' })),
      [['main.cf smtpd_tls_mandatory_protocols', 'machine', 'stuck']],
    ],
    [
      'Signet has no word for can only be kept out',
      sides(edited({ smtpd_tls_loglevel: '2' })),
      [['main.cf smtpd_tls_loglevel', 'machine', 'stuck']],
    ],
    [
      'of the certificate is told by the listener, under its name in the configuration',
      sides(edited(ownCertificate), front, { before: front as unknown as JsonObject }),
      [['/listeners/front/certificate', 'machine', 'open']],
    ],
    [
      'of a certificate that was renewed meanwhile is one on both',
      sides(edited(ownCertificate), settings({ certificates: { mx: binding('2'), demonstration: binding('5') } })),
      [
        ['/certificates/client', 'configuration', 'open'],
        ['/certificates/mx', 'configuration', 'open'],
        ['/listeners/public/certificate', 'both', 'open'],
      ],
    ],
    [
      'of what clients must do is one of the listener',
      sides(edited({ smtpd_tls_security_level: 'encrypt' })),
      [['/listeners/public/policy', 'machine', 'open']],
    ],
    [
      'of a service that is gone is told in words',
      sides({ ...before, postfix: { ...postfixOf(before), masterCf: '' } }),
      [['master.cf has no service for all addresses, port 25 any more', 'machine', 'stuck']],
    ],
  ];
  for (const [title, input, expected] of cases) {
    it(title, () => {
      const seen = differences(input).map(({ path, changed, same, obstacle }): Seen => {
        return [path, changed, same ? 'same' : obstacle === undefined ? 'open' : 'stuck'];
      });

      assert.deepEqual(seen, expected);
    });
  }

  it('says what it was, should be and is, and whether it was so before it was disconnected', () => {
    const live = edited(tls13);
    const was = (found: Sides['found']) => differences(sides(live, settings(), { found }))[0]?.earlier;

    const [only] = differences(sides(live, settings({ protocols: inbound({ minimum: 'TLSv1.1' }) })));

    assert.deepEqual([only?.before, only?.configuration, only?.machine], ['TLSv1.2', 'TLSv1.1', 'TLSv1.3']);
    assert.deepEqual([only?.earlier, was(ownedSettings(postfixOf(live))), was(undefined)], [false, true, undefined]);
  });
});

describe('a decision', () => {
  const found = differences(
    sides(
      edited({ ...tls13, smtpd_tls_loglevel: '2' }),
      settings({ protocols: { ...settings().protocols, outbound: inbound({ ciphers: 'high' }).inbound } }),
    ),
  );
  const [minimum, loglevel, ciphers] = [
    'protocols/inbound/minimum',
    'main.cf smtpd_tls_loglevel',
    '/protocols/outbound/ciphers',
  ];
  const refused: readonly (readonly [title: string, Decisions, code: string, RegExp])[] = [
    [
      'is needed for each',
      {},
      'undecided',
      /2 differences wait .*, \/protocols\/inbound\/minimum, main.cf smtpd_tls_loglevel;/,
    ],
    [
      'is needed for each that is left',
      { keep: [minimum] },
      'undecided',
      /one difference waits .*, main.cf smtpd_tls_loglevel;/,
    ],
    ['to take the rest does not overwrite what cannot be taken', { rest: 'take' }, 'undecided', /one difference waits/],
    [
      'is about what is there',
      { keep: ['protocols/inbound'], rest: 'keep' },
      'invalid-input',
      /no difference at protocols\/inbound/,
    ],
    ['is one', { keep: [minimum], take: [minimum], rest: 'keep' }, 'invalid-input', /both kept and taken/],
    [
      'does not take what cannot be taken',
      { take: [loglevel] },
      'invalid-input',
      /cannot be taken: Signet logs one line/,
    ],
  ];
  for (const [title, decisions, code, words] of refused) {
    it(title, () => {
      assert.throws(
        () => taken('mx1', found, decisions),
        (error: unknown) => isNamed(error) && error.code === code && words.test(error.message),
      );
    });
  }

  const accepted: readonly (readonly [title: string, Decisions, readonly string[]])[] = [
    ['to keep all takes nothing', { rest: 'keep' }, []],
    ['by name goes before one for the rest', { take: [minimum], rest: 'keep' }, [`/${minimum}`]],
    [
      'for the rest leaves alone what only the configuration changed',
      { keep: [loglevel], rest: 'take' },
      [`/${minimum}`],
    ],
    ['may also take back what the configuration changed', { take: [ciphers], rest: 'keep' }, [ciphers]],
  ];
  for (const [title, decisions, paths] of accepted) {
    it(title, () => {
      assert.deepEqual(
        taken('mx1', found, decisions).map(({ path }) => path),
        paths,
      );
    });
  }
});

describe('what is taken', () => {
  const level = 'machine/mx1';
  const set = (path: string, value: unknown): Operation => ({ op: 'set', level, path, value });
  const cases: readonly (readonly [title: string, Sides, paths: readonly string[], readonly Operation[]])[] = [
    [
      'becomes the layer',
      sides(edited(tls13)),
      ['/protocols/inbound/minimum'],
      [set('/protocols/inbound/minimum', 'TLSv1.3')],
    ],
    [
      'brings a certificate under a name of its own',
      sides(edited(ownCertificate)),
      ['/listeners/public/certificate'],
      [set('/certificates/public-found', binding('7')), set('/listeners/public/certificate', 'public-found')],
    ],
    [
      'names the certificate that is there already',
      sides(edited(ownCertificate), settings({ certificates: { ...settings().certificates, own: binding('7') } })),
      ['/listeners/public/certificate'],
      [set('/listeners/public/certificate', 'own')],
    ],
    [
      'names a policy that says it, or makes one',
      sides(edited({ smtpd_tls_security_level: 'encrypt' })),
      ['/listeners/public/policy'],
      [set('/listeners/public/policy', 'required')],
    ],
    [
      'makes a policy that is like the listener’s otherwise',
      sides(
        edited({ smtpd_tls_security_level: 'encrypt' }),
        settings({ mailFlowPolicies: { default: policy({ tlsBeforeAuth: true }) } }),
      ),
      ['/listeners/public/policy'],
      [
        set('/mailFlowPolicies/required-found', policy({ tls: 'required', tlsBeforeAuth: true })),
        set('/listeners/public/policy', 'required-found'),
      ],
    ],
    [
      'of the configuration goes back to what it was, and a new entry goes whole',
      sides(before, settings({ ...two, protocols: inbound({ minimum: 'TLSv1.3' }) })),
      ['/protocols/inbound/minimum', '/listeners/submission/port', '/listeners/submission/role'],
      [{ op: 'remove', level, path: '/listeners/submission' }, set('/protocols/inbound/minimum', 'TLSv1.2')],
    ],
  ];
  for (const [title, input, paths, expected] of cases) {
    it(title, () => {
      const chosen = differences(input).filter(({ path }) => paths.includes(path));

      assert.deepEqual(takeOperations('mx1', chosen, input), expected);
    });
  }

  it('is proven by what the machine would have of it', () => {
    const now = edited({ ...tls13, ...ownCertificate });
    const input = sides(now);
    const chosen = differences(input);
    const after = (wanted: Settings) => {
      const live = changed(now, manifest(wanted, before), given, facts());
      return readPresent(live, postfixOf(live), ownMaterial(manifest(wanted, before)));
    };
    const right = settings({
      protocols: inbound({ minimum: 'TLSv1.3' }),
      certificates: { ...settings().certificates, mx: binding('7') },
    });

    assert.deepEqual(unproven(chosen, input.live, after(right)), []);
    assert.deepEqual(
      unproven(chosen, input.live, after(settings())).map(({ path }) => path),
      ['/listeners/public/certificate', '/protocols/inbound/minimum'],
    );
  });
});
