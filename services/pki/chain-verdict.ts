/** Whether a chain holds for whoever verifies it, in one word and one sentence. */
import type { CertificateStanding } from '../schema/types.generated.ts';
import { anchorOf, type Anchor, type Anchors } from './anchors.ts';
import { issuerOf, subjectOf, type Certificate } from './certificate.ts';
import { isDemonstration } from './demonstration.ts';

export type ChainVerdict = CertificateStanding['verdict'];

/** The verdict on a chain, leaf first; what everybody refuses comes before what some do not know. */
export function chainVerdict(
  chain: readonly [Certificate, ...Certificate[]],
  anchors: Anchors,
  now: Date,
): ChainVerdict {
  const [leaf] = chain;
  if (isDemonstration({ selfSigned: leaf.selfSigned, subject: subjectOf(leaf) }))
    return { state: 'demonstration', detail: 'made for demonstration: nobody can verify it' };
  const untimely = chain.find((one) => one.notAfter < now || one.notBefore > now);
  if (untimely) return outOfTime(untimely, now);
  if (leaf.selfSigned) return { state: 'self-signed', detail: 'signed by its own key: whoever verifies must know it' };
  const top = chain.at(-1) ?? leaf;
  const anchor = anchorOf(top, anchors, now);
  if (!anchor) return { state: 'incomplete', detail: `issuer not here: ${issuerOf(top)}` };
  const root = anchorName(anchor);
  return new Date(anchor.x509.validTo) < now
    ? { state: 'expired', detail: `the root ${root} has expired` }
    : { state: 'complete', detail: `leads to ${root}, of ${anchor.source}` };
}

function anchorName({ x509 }: Anchor): string {
  return /(?:^|\n)CN=(.*)/.exec(x509.subject)?.[1] ?? x509.subject.split('\n').join(', ');
}

function outOfTime(one: Certificate, now: Date): ChainVerdict {
  return one.notAfter < now
    ? { state: 'expired', detail: `${subjectOf(one)} expired on ${one.notAfter.toISOString().slice(0, 10)}` }
    : {
        state: 'not-yet-valid',
        detail: `${subjectOf(one)} is not valid before ${one.notBefore.toISOString().slice(0, 10)}`,
      };
}
