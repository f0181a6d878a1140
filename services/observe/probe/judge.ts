/** From what was seen in a conversation to a verdict on each step, with the reason in words where one fails. Pure. */
import type { Conversation, Service } from '../../conversation/converse.ts';
import { link } from '../../certificates/links.ts';
import type { Anchors } from '../../pki/anchors.ts';
import { hostNames } from '../../pki/certificate-details.ts';
import { readCertificate, type Certificate } from '../../pki/certificate.ts';
import { isFor } from '../../pki/lint/names.ts';
import type { ChainLink, Probe, ProbeFinding, ProbeStep } from '../../schema/types.generated.ts';
import { isNamed } from '../../errors.ts';
import { consequences } from './faults.ts';
import { failed, warning } from './findings.ts';
import { scoreOf } from './score.ts';
import { judgeChain } from './served-chain.ts';

/** What is expected of a server. */
export interface Expected {
  readonly service: Service;
  /** What its certificate must be for; empty: nothing is compared. */
  readonly names: readonly string[];
  /** TLS is off on purpose: offering it is the fault. */
  readonly withoutTls?: boolean;
  /** A sender group or policy withholds STARTTLS from some clients, and so maybe from the one that looks. */
  readonly mayBeWithheld?: boolean;
  /** SHA-256 of the certificates that are to be served, leaf first, where that is known. */
  readonly committed?: readonly string[];
}

export type Judged = Pick<Probe, 'steps' | 'score' | 'chain' | 'greeting' | 'protocol' | 'cipher'>;

export function judge(seen: Conversation, expected: Expected, anchors: Anchors, now: Date): Judged {
  const chain = readServed(seen);
  const { findings, links } = certificateFindings(chain, expected, anchors, now);
  const extra: Readonly<Partial<Record<ProbeStep['step'], readonly ProbeFinding[]>>> = {
    starttls: expected.withoutTls && seen.offered ? [offered] : [],
    handshake: seen.session ? session(seen.session) : [],
    certificate: findings,
    name: chain.length > 0 ? nameFindings(chain[0], expected.names) : [],
  };
  const isWithheld = expected.mayBeWithheld === true && seen.offered === false;
  const steps = stepsOf({ ...expected, withoutTls: expected.withoutTls === true || isWithheld }).map(
    (step): ProbeStep => {
      const talked = seen.steps.find((one) => one.step === step);
      const all = [...(isWithheld && step === 'starttls' ? [withheld] : faults(talked)), ...(extra[step] ?? [])];
      return {
        step,
        result: result(all, talked !== undefined || isReached(step, seen)),
        ...(talked ? { milliseconds: talked.milliseconds } : {}),
        findings: all,
      };
    },
  );
  const greeting = seen.steps.find(({ step, fault }) => step === 'greeting' && !fault)?.detail;
  return {
    steps,
    score: scoreOf(steps),
    chain: links,
    ...(greeting === undefined ? {} : { greeting }),
    ...seen.session,
  };
}

type Talked = Conversation['steps'][number];

function faults(talked: Talked | undefined): readonly ProbeFinding[] {
  if (talked?.fault === undefined) return [];
  return [failed(talked.fault, `${talked.detail}: ${consequences[talked.fault]}`)];
}

/** Of the steps that are none of the conversation. */
function isReached(step: ProbeStep['step'], { session, offered: known }: Conversation): boolean {
  if (step === 'certificate' || step === 'name') return session !== undefined;
  return step === 'starttls' && known !== undefined;
}

function result(findings: readonly ProbeFinding[], reached: boolean): ProbeStep['result'] {
  if (findings.some((one) => one.result === 'failed')) return 'failed';
  if (!reached) return 'skipped';
  return findings.length > 0 ? 'warning' : 'passed';
}

/** What must go well, by what is spoken. */
function stepsOf({ service, withoutTls, names }: Expected): readonly ProbeStep['step'][] {
  if (withoutTls) return ['connect', 'greeting', 'ehlo', 'starttls'];
  const tls = ['handshake', 'certificate', ...(names.length > 0 ? (['name'] as const) : [])] as const;
  switch (service) {
    case 'smtp':
      return ['connect', 'greeting', 'ehlo', 'starttls', ...tls, 'secure', 'from'];
    case 'smtps':
      return ['connect', ...tls, 'greeting', 'secure', 'from'];
    case 'ldap-starttls':
      return ['connect', 'starttls', ...tls];
    case 'https':
    case 'ldaps':
      return ['connect', ...tls];
  }
}

const withheld = warning(
  'withheld',
  'STARTTLS is withheld from the address that looks, by its sender group or policy: look from another one',
);

const offered = failed(
  'offered',
  'STARTTLS is offered although the mail flow policy says off; push to the machine again',
);

function session({ protocol, cipher }: NonNullable<Conversation['session']>): readonly ProbeFinding[] {
  return [
    ...(protocol === 'TLSv1' || protocol === 'TLSv1.1'
      ? [
          failed(
            'old-protocol',
            `${protocol === 'TLSv1' ? 'TLSv1.0' : protocol} is the newest that is spoken: peers refuse it (RFC 8996), so their mail waits or comes in clear`,
          ),
        ]
      : []),
    ...(/RC4|DES|NULL|EXP|^ADH|^AECDH|MD5/.test(cipher)
      ? [warning('weak-cipher', `the cipher ${cipher} was chosen: it protects nothing any more, and peers refuse it`)]
      : []),
  ];
}

function readServed({ chain }: Conversation): readonly (Certificate | undefined)[] {
  return chain.map((der) => {
    try {
      return readCertificate(der);
    } catch (error) {
      if (isNamed(error, 'bad-certificate')) return undefined;
      throw error;
    }
  });
}

function certificateFindings(
  chain: readonly (Certificate | undefined)[],
  { committed }: Expected,
  anchors: Anchors,
  now: Date,
): { readonly findings: readonly ProbeFinding[]; readonly links: readonly ChainLink[] } {
  const [leaf, ...issuers] = chain;
  if (!leaf) return { findings: chain.length > 0 ? [unreadable(0)] : [], links: [] };
  const served = [leaf, ...issuers.filter((one) => one !== undefined)] as const;
  const { findings, anchor } = judgeChain({ served, anchors, now });
  const root = anchor ? readCertificate(anchor.x509.raw) : undefined;
  const isServed = served.some(({ sha256 }) => sha256 === root?.sha256);
  return {
    findings: [
      ...chain.flatMap((one, index) => (one ? [] : [unreadable(index)])),
      ...(committed === undefined || committed[0] === leaf.sha256 ? [] : [another]),
      ...findings,
    ],
    links: [
      ...served.map((one, index) => link(one, index === 0 ? 'leaf' : one.selfSigned ? 'root' : 'intermediate', now)),
      ...(root && anchor !== undefined && !isServed ? [{ ...link(root, 'root', now), source: anchor.source }] : []),
    ],
  };
}

const another = failed(
  'another-certificate',
  'another certificate is served than the one that is committed: look at the rollout of the machine',
);

function unreadable(index: number): ProbeFinding {
  return failed('unreadable', `certificate ${index + 1} of the chain cannot be read: peers refuse it`);
}

function nameFindings(leaf: Certificate | undefined, names: readonly string[]): readonly ProbeFinding[] {
  if (!leaf) return names.length > 0 ? [unreadable(0)] : [];
  const carried = hostNames(leaf);
  return names
    .filter((name) => !isFor(carried, name))
    .map((name) =>
      failed(
        'wrong-name',
        `the certificate is for ${carried.length > 0 ? carried.slice(0, 10).join(', ') : 'no name at all'}, not for ${name}: peers that verify the name refuse it`,
      ),
    );
}
