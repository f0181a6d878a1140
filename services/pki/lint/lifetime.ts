/** When a certificate is valid, and for how long. */
import type { Finding } from '../../errors.ts';
import { subjectOf, type Certificate } from '../certificate.ts';
import { finding, type Rule } from './rules.ts';

/** Whether it is valid now. */
export function lifetime(
  certificate: Certificate,
  now: Date,
  expired: Extract<Rule, 'expired' | 'expired-issuer'> = 'expired',
): readonly Finding[] {
  const subject = subjectOf(certificate);
  const { notBefore, notAfter } = certificate;
  if (notAfter < now) {
    const next = expired === 'expired' ? '' : '; ask the authority for its present one';
    return [finding(expired, `${subject} expired on ${notAfter.toISOString()}; peers that verify refuse it${next}`)];
  }
  if (notBefore <= now) return [];
  return [
    finding(
      'not-yet-valid',
      `${subject} is not valid before ${notBefore.toISOString()}; peers that verify refuse it until then`,
    ),
  ];
}

/** Whether a leaf lasts longer than public authorities may make one. Those that sign themselves are nobody's business. */
export function longValidity(leaf: Certificate): readonly Finding[] {
  if (leaf.selfSigned) return [];
  // The last second counts (RFC 5280 4.1.2.5), and a part of a day as a whole one (CA/B Forum Baseline Requirements 6.3.2).
  const days = Math.ceil((leaf.notAfter.getTime() - leaf.notBefore.getTime() + 1000) / day);
  const most = longest.find(({ before }) => leaf.notBefore < before)?.days ?? leastDays;
  if (days <= most) return [];
  return [
    finding(
      'long-validity',
      `${subjectOf(leaf)} is valid for ${days} days; a public authority may issue ${most} at most from ${leaf.notBefore.toISOString().slice(0, 10)} on, so this is right for a private one only`,
    ),
  ];
}

const day = 86_400_000;

/** CA/B Forum Ballot SC-081v3, by the first day of validity. */
const longest = [
  { before: new Date('2026-03-15'), days: 398 },
  { before: new Date('2027-03-15'), days: 200 },
  { before: new Date('2029-03-15'), days: 100 },
];
const leastDays = 47;
