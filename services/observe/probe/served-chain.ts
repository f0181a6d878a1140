/** What is the matter with a chain as it was served: as peers that verify it find it, one sentence for each defect. Pure. */
import { anchorOf, type Anchor, type Anchors } from '../../pki/anchors.ts';
import { purposes } from '../../pki/certificate-details.ts';
import { issuerOf, subjectOf, type Certificate } from '../../pki/certificate.ts';
import { isDemonstration } from '../../pki/demonstration.ts';
import { strength } from '../../pki/lint/strength.ts';
import { climb } from '../../pki/order.ts';
import type { ProbeFinding } from '../../schema/types.generated.ts';
import { failed, warning } from './findings.ts';

export interface ChainSeen {
  /** As served: the leaf first, and then anything. */
  readonly served: readonly [Certificate, ...Certificate[]];
  /** The roots that peers are taken to know. */
  readonly anchors: Anchors;
  readonly now: Date;
}

export interface ChainJudged {
  readonly findings: readonly ProbeFinding[];
  /** The root that the chain leads to, where it is known here; it may have been served as well. */
  readonly anchor: Anchor | undefined;
}

/** What everybody refuses comes before what some do not know, and that before what is only untidy. */
export function judgeChain({ served, anchors, now }: ChainSeen): ChainJudged {
  const [leaf] = served;
  const distinct = served.filter((one, index) => firstIndex(served, one) === index);
  const path = climb(leaf, distinct, now);
  const top = path.at(-1) ?? leaf;
  const anchor = anchorOf(top, anchors, now);
  const alone = leaf.selfSigned ? ownWord(leaf, anchor) : [];
  return {
    anchor,
    findings: [
      ...alone,
      ...path.flatMap((one, index) => lifetime(one, index === 0, now)),
      ...(leaf.selfSigned ? [] : ending(top, anchor, now)),
      ...(purposes(leaf).includes('server') ? [] : [notForServers(leaf)]),
      ...order(distinct, path),
      ...duplicates(served, distinct),
      ...strays(distinct, path),
      ...(top !== leaf && top.selfSigned ? [rootIncluded(top)] : []),
      ...soon(leaf, now),
      ...path.flatMap(strength).map(({ rule = 'strength', detail }) => warning(rule, detail)),
    ],
  };
}

function ownWord(leaf: Certificate, anchor: Anchor | undefined): readonly ProbeFinding[] {
  const subject = subjectOf(leaf);
  if (isDemonstration({ selfSigned: true, subject })) {
    return [failed('demonstration', 'the demonstration certificate is served: nobody can verify it; bind a real one')];
  }
  if (anchor) return [];
  return [
    failed('self-signed', `${subject} is signed by its own key: peers that verify refuse it unless they know it`),
  ];
}

function lifetime(one: Certificate, isLeaf: boolean, now: Date): readonly ProbeFinding[] {
  const subject = subjectOf(one);
  if (one.notAfter < now) {
    return isLeaf
      ? [failed('expired', `${subject} expired on ${day(one.notAfter)}: peers that verify refuse it; renew it`)]
      : [
          failed(
            'expired-issuer',
            `the intermediate ${subject} expired on ${day(one.notAfter)}: peers that verify refuse the chain; get the present one from its issuer`,
          ),
        ];
  }
  if (one.notBefore <= now) return [];
  return [
    failed(
      'not-yet-valid',
      `${subject} is not valid before ${day(one.notBefore)}: peers that verify refuse it until then`,
    ),
  ];
}

/** Whether the last certificate leads on to a root that is known. */
function ending(top: Certificate, anchor: Anchor | undefined, now: Date): readonly ProbeFinding[] {
  if (anchor) {
    if (new Date(anchor.x509.validTo) >= now) return [];
    return [failed('expired-root', `the chain leads to a root that has expired: peers that verify refuse it`)];
  }
  if (top.selfSigned) {
    return [
      failed(
        'unknown-root',
        `the root ${subjectOf(top)} is on no list here: peers that do not trust it of their own refuse`,
      ),
    ];
  }
  return [
    failed(
      'missing-intermediate',
      `intermediate missing: the chain ends with ${subjectOf(top)}, whose issuer ${issuerOf(top)} was not sent and is no root known here; peers that do not have it cached will refuse`,
    ),
  ];
}

function notForServers(leaf: Certificate): ProbeFinding {
  return failed(
    'no-server-auth',
    `${subjectOf(leaf)} is not for servers (its extended key usage lacks serverAuth): peers that verify refuse it`,
  );
}

/** Each certificate must certify the one before it (RFC 5246 7.4.2); RFC 8446 4.4.2 lets peers be lenient, and not all are. */
function order(distinct: readonly Certificate[], path: readonly Certificate[]): readonly ProbeFinding[] {
  const asServed = distinct.filter((one) => path.includes(one));
  if (asServed.every((one, index) => one === path[index])) return [];
  return [
    warning(
      'wrong-order',
      `the chain is served in the wrong order; it is ${path.map(subjectOf).join(', then ')}: strict peers refuse it`,
    ),
  ];
}

function duplicates(served: readonly Certificate[], distinct: readonly Certificate[]): readonly ProbeFinding[] {
  return distinct
    .filter((one) => served.filter(({ sha256 }) => sha256 === one.sha256).length > 1)
    .map((one) => warning('duplicate', `${subjectOf(one)} is served more than once: strict peers refuse the chain`));
}

function strays(distinct: readonly Certificate[], path: readonly Certificate[]): readonly ProbeFinding[] {
  return distinct
    .filter((one) => !path.includes(one))
    .map((one) =>
      warning(
        'stray',
        `${subjectOf(one)}, valid until ${day(one.notAfter)}, is served but no part of the chain; remove it`,
      ),
    );
}

function rootIncluded(root: Certificate): ProbeFinding {
  return warning(
    'root-included',
    `the root ${subjectOf(root)} is served as well: peers must have it already, so it only makes handshakes longer`,
  );
}

/** Within 30 days, or within the last third of a life shorter than 90: that is when its renewal is due. */
function soon(leaf: Certificate, now: Date): readonly ProbeFinding[] {
  const left = leaf.notAfter.getTime() - now.getTime();
  const short = Math.min(30 * dayMilliseconds, (leaf.notAfter.getTime() - leaf.notBefore.getTime()) / 3);
  if (left < 0 || left > short) return [];
  const days = Math.floor(left / dayMilliseconds);
  return [
    warning(
      'expires-soon',
      `${subjectOf(leaf)} expires on ${day(leaf.notAfter)}, in ${days === 1 ? '1 day' : `${days} days`}; renew it`,
    ),
  ];
}

const dayMilliseconds = 86_400_000;

function day(time: Date): string {
  return time.toISOString().slice(0, 10);
}

function firstIndex(served: readonly Certificate[], { sha256 }: Certificate): number {
  return served.findIndex((one) => one.sha256 === sha256);
}
