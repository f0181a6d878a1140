import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, describe, it } from 'node:test';

import type { Conversation, StepName } from '../../../services/conversation/converse.ts';
import type { FaultKind } from '../../../services/conversation/peer-fault.ts';
import { judge, type Expected, type Judged } from '../../../services/observe/probe/judge.ts';
import { average, isWell } from '../../../services/observe/probe/score.ts';
import { anchorsBySubject } from '../../../services/pki/anchors.ts';
import { readCertificate } from '../../../services/pki/certificate.ts';
import { demonstrationRequest } from '../../../services/pki/demonstration.ts';
import { createKey } from '../../../services/pki/keys.ts';
import { selfSign } from '../../../services/pki/self-signed.ts';
import { removeFolder, temporaryFolder, withoutOpenssl } from '../../pki/openssl.ts';
import { hostname, makeChains, pemOf, type Made } from './chains.ts';

const folder = withoutOpenssl ? '' : temporaryFolder();
if (!withoutOpenssl) makeChains(folder);
const der = (name: Made) => new X509Certificate(pemOf(folder, name)).raw;
const anchors = withoutOpenssl
  ? anchorsBySubject([])
  : anchorsBySubject([{ x509: new X509Certificate(der('root')), source: 'the trust list test' }]);
const today = new Date();
const inDays = (days: number) => new Date(today.getTime() + days * 86_400_000);

const all: readonly StepName[] = ['connect', 'greeting', 'ehlo', 'starttls', 'handshake', 'secure', 'from'];
const walked = (steps: readonly StepName[]) => steps.map((step) => ({ step, milliseconds: 1, detail: 'as seen' }));
const expected: Expected = { service: 'smtp', names: [hostname] };
const session = { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' };

function seen(chain: readonly Buffer[], changes: Partial<Conversation> = {}): Conversation {
  return { steps: walked(all), offered: true, session, chain, ...changes };
}

function rules({ steps }: Judged): Readonly<Record<string, readonly string[]>> {
  const told = steps.filter(({ findings }) => findings.length > 0);
  return Object.fromEntries(told.map(({ step, findings }) => [step, findings.map(({ rule }) => rule)]));
}

describe('a served chain', { skip: withoutOpenssl }, () => {
  after(() => removeFolder(folder));

  const cases: readonly {
    readonly title: string;
    readonly chain: readonly Made[];
    readonly now?: Date;
    readonly found: readonly string[];
    readonly name?: 'wrong-name';
    readonly says?: RegExp;
    readonly score: number;
  }[] = [
    { title: 'that is as it should be', chain: ['leaf', 'inner', 'outer'], found: [], score: 100 },
    {
      title: 'without its intermediates',
      chain: ['leaf'],
      found: ['missing-intermediate'],
      says: /^intermediate missing: the chain ends with O=Test, CN=leaf, whose issuer O=Test, CN=inner was not sent .* will refuse$/,
      score: 90,
    },
    {
      title: 'without the upper intermediate',
      chain: ['leaf', 'inner'],
      found: ['missing-intermediate'],
      says: /whose issuer O=Test, CN=outer was not sent/,
      score: 90,
    },
    {
      title: 'in the wrong order',
      chain: ['leaf', 'outer', 'inner'],
      found: ['wrong-order'],
      says: /it is O=Test, CN=leaf, then O=Test, CN=inner, then O=Test, CN=outer/,
      score: 95,
    },
    {
      title: 'with an intermediate twice',
      chain: ['leaf', 'inner', 'inner', 'outer'],
      found: ['duplicate'],
      score: 95,
    },
    { title: 'with its root', chain: ['leaf', 'inner', 'outer', 'root'], found: ['root-included'], score: 95 },
    { title: 'with something else in it', chain: ['leaf', 'inner', 'outer', 'stranger'], found: ['stray'], score: 95 },
    {
      title: 'under a root that nobody knows',
      chain: ['stranger'],
      found: ['self-signed'],
      name: 'wrong-name',
      score: 80,
    },
    { title: 'that signs itself', chain: ['own'], found: ['self-signed'], says: /signed by its own key/, score: 90 },
    { title: 'for another name', chain: ['other-name', 'inner', 'outer'], found: [], name: 'wrong-name', score: 90 },
    {
      title: 'whose leaf has expired',
      chain: ['leaf', 'inner', 'outer'],
      now: inDays(55),
      // All three were made for 50 days.
      found: ['expired', 'expired-issuer', 'expired-issuer'],
      says: /CN=leaf expired on \d{4}-\d\d-\d\d: peers/,
      score: 90,
    },
    {
      title: 'whose intermediate has expired',
      chain: ['under-short', 'short-inner', 'outer'],
      now: inDays(3),
      found: ['expired-issuer'],
      says: /^the intermediate O=Test, CN=short-inner expired on/,
      score: 90,
    },
    { title: 'from the future', chain: ['own'], now: inDays(-1), found: ['self-signed', 'not-yet-valid'], score: 90 },
    {
      title: 'whose time is nearly up',
      chain: ['leaf', 'inner', 'outer'],
      now: inDays(40),
      found: ['expires-soon'],
      says: /in 9 days; renew it$/,
      score: 95,
    },
  ];
  for (const { title, chain, now = today, found, name, says, score } of cases) {
    it(`${title} is called ${found.length > 0 || name ? [...found, ...(name ? [name] : [])].join(', ') : 'well'}`, () => {
      const judged = judge(seen(chain.map(der)), expected, anchors, now);

      assert.deepEqual(rules(judged), {
        ...(found.length > 0 ? { certificate: found } : {}),
        ...(name ? { name: [name] } : {}),
      });
      const step = judged.steps.find((one) => one.step === 'certificate');
      if (says) assert.match(step?.findings[0]?.detail ?? '', says);
      assert.equal(judged.score, score);
    });
  }

  it('of the demonstration certificate is called that', async () => {
    const request = demonstrationRequest(hostname);
    const made = { request, key: await createKey('rsa-2048'), now: today, random: Buffer.alloc(16, 1) };
    const { certificate } = await selfSign(made);

    const judged = judge(seen([certificate.x509.raw]), expected, anchors, today);

    assert.equal(rules(judged)['certificate']?.[0], 'demonstration');
  });

  it('that cannot be read is named by its place', () => {
    const judged = judge(seen([der('leaf'), Buffer.from('x')]), expected, anchors, today);

    const step = judged.steps.find((one) => one.step === 'certificate');
    assert.match(step?.findings[0]?.detail ?? '', /^certificate 2 of the chain cannot be read/);
  });

  it('is shown as it came, with the root it leads to', () => {
    const { chain } = judge(seen([der('leaf'), der('inner'), der('outer')]), expected, anchors, today);

    assert.deepEqual(
      chain.map(({ role, subject, source }) => [role, subject, source]),
      [
        ['leaf', 'O=Test, CN=leaf', undefined],
        ['intermediate', 'O=Test, CN=inner', undefined],
        ['intermediate', 'O=Test, CN=outer', undefined],
        ['root', 'O=Test, CN=root', 'the trust list test'],
      ],
    );
  });

  it('is held against the one that is committed', () => {
    const own = readCertificate(der('leaf')).sha256;
    const chain = [der('leaf'), der('inner'), der('outer')];

    const same = judge(seen(chain), { ...expected, committed: [own] }, anchors, today);
    const other = judge(seen(chain), { ...expected, committed: ['0'.repeat(64)] }, anchors, today);

    assert.deepEqual([rules(same), rules(other)], [{}, { certificate: ['another-certificate'] }]);
  });
});

describe('a step', () => {
  function ended(at: StepName, fault: FaultKind, changes: Partial<Conversation> = {}): Conversation {
    const reached = all.slice(0, all.indexOf(at));
    const last = { step: at, milliseconds: 5, detail: 'it answered "454 no" to STARTTLS', fault };
    return { steps: [...walked(reached), last], chain: [], ...changes };
  }
  const brief = (judged: Judged) => judged.steps.map(({ step, result }) => `${step} ${result}`);

  it('that fails says why and what comes of it, and those after it are skipped', () => {
    const judged = judge(ended('starttls', 'starttls-refused'), expected, anchors, today);

    assert.deepEqual(brief(judged), [
      ...['connect passed', 'greeting passed', 'ehlo passed', 'starttls failed', 'handshake skipped'],
      ...['certificate skipped', 'name skipped', 'secure skipped', 'from skipped'],
    ]);
    assert.equal(
      judged.steps[3]?.findings[0]?.detail,
      'it answered "454 no" to STARTTLS: mail goes in clear, or waits where TLS is required',
    );
    assert.equal(judged.score, 30);
  });

  it('is only there where the service has it', () => {
    const at = (service: Expected['service'], names: readonly string[] = [hostname]) =>
      judge(ended('connect', 'port-closed'), { service, names }, anchors, today).steps.map(({ step }) => step);

    assert.deepEqual(at('https'), ['connect', 'handshake', 'certificate', 'name']);
    assert.deepEqual(at('ldaps', []), ['connect', 'handshake', 'certificate']);
    assert.deepEqual(at('ldap-starttls', []), ['connect', 'starttls', 'handshake', 'certificate']);
    assert.deepEqual(at('smtps', []), ['connect', 'handshake', 'certificate', 'greeting', 'secure', 'from']);
  });

  it('passes without TLS where that is meant, and fails with it', () => {
    const plain = { ...expected, withoutTls: true };
    const steps = walked(['connect', 'greeting', 'ehlo']);

    const off = judge({ steps, offered: false, chain: [] }, plain, anchors, today);
    const on = judge({ steps, offered: true, chain: [] }, plain, anchors, today);

    assert.deepEqual(brief(off), ['connect passed', 'greeting passed', 'ehlo passed', 'starttls passed']);
    assert.deepEqual([off.score, rules(on)], [100, { starttls: ['offered'] }]);
  });

  it('is only a warning where STARTTLS may be withheld from whoever looks', () => {
    const refused = ended('starttls', 'not-offered', { offered: false });

    const judged = judge(refused, { ...expected, mayBeWithheld: true }, anchors, today);

    assert.deepEqual([rules(judged), isWell(judged)], [{ starttls: ['withheld'] }, true]);
    assert.deepEqual(rules(judge(refused, expected, anchors, today)), { starttls: ['not-offered'] });
  });

  it('of the handshake fails for protocols that peers refuse', () => {
    const at = (protocol: string, cipher: string) =>
      rules(judge(seen([], { session: { protocol, cipher } }), { ...expected, names: [] }, anchors, today))[
        'handshake'
      ];

    assert.deepEqual(at('TLSv1', 'ECDHE-RSA-AES256-SHA'), ['old-protocol']);
    assert.deepEqual(at('TLSv1.1', 'ECDHE-RSA-AES256-SHA'), ['old-protocol']);
    assert.deepEqual(at('TLSv1.2', 'DES-CBC3-SHA'), ['weak-cipher']);
    assert.equal(at('TLSv1.2', 'ECDHE-RSA-AES256-GCM-SHA384'), undefined);
  });
});

describe('several probes', () => {
  it('have their average for a score, and are well when none failed', () => {
    const step = (result: 'passed' | 'warning' | 'failed' | 'skipped') =>
      ({ step: 'connect', result, findings: [] }) as const;

    assert.equal(average([{ score: 100 }, { score: 81 }]), 91);
    assert.equal(average([]), 0);
    assert.deepEqual(
      [['passed', 'warning'] as const, ['passed', 'failed'] as const, ['skipped'] as const].map((results) =>
        isWell({ steps: results.map(step) }),
      ),
      [true, false, false],
    );
  });
});
