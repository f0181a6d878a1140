/** The rules that certificates are held to on their way in, each with its verdict; docs/certificates.md explains them one by one. */
import type { Finding } from '../../errors.ts';

/** What breaks a rule beyond repair is refused instead, as a named error with the rule as its `reason`. */
export const verdicts = {
  duplicate: 'repaired',
  order: 'repaired',
  'root-included': 'repaired',
  'spare-issuer': 'repaired',
  'stale-issuer': 'repaired',
  'passed-over': 'repaired',
  'common-name-added': 'repaired',
  'subject-reduced': 'repaired',

  'no-integrity-check': 'warning',
  shortened: 'warning',
  expired: 'warning',
  'expired-issuer': 'warning',
  'not-yet-valid': 'warning',
  'long-validity': 'warning',
  'missing-intermediate': 'warning',
  'issuer-not-authority': 'warning',
  'leaf-is-authority': 'warning',
  'no-alternative-name': 'warning',
  'no-purpose': 'warning',
  'unknown-critical-extension': 'warning',
  serial: 'warning',
  'weak-key': 'warning',
  'unusual-key': 'warning',
  'weak-signature': 'warning',

  'name-mismatch': 'warning',
  'no-server-auth': 'warning',
  'no-client-auth': 'warning',
} as const satisfies Readonly<Record<string, NonNullable<Finding['severity']>>>;

export type Rule = keyof typeof verdicts;

/** A finding under a rule, with the verdict of that rule. */
export function finding(rule: Rule, detail: string, pointer?: string): Finding {
  return { detail, ...(pointer === undefined ? {} : { pointer }), severity: verdicts[rule], rule };
}
