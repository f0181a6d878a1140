/** The rules that certificates are held to on their way in, each with its verdict; docs/certificates.md explains them one by one. */
import type { Finding } from '../../errors.ts';

/** What breaks a rule beyond repair is refused instead, as a named error whose `reason` is the rule. */
const verdicts = {
  duplicate: 'repaired',
  order: 'repaired',
  'root-included': 'repaired',
  'spare-issuer': 'repaired',
  'passed-over': 'repaired',
  'common-name-added': 'repaired',

  'no-integrity-check': 'warning',
  expired: 'warning',
  'not-yet-valid': 'warning',
  'weak-key': 'warning',
  'unusual-key': 'warning',
  'weak-signature': 'warning',
} as const satisfies Readonly<Record<string, NonNullable<Finding['severity']>>>;

export type Rule = keyof typeof verdicts;

/** A finding under a rule, with the verdict of that rule. */
export function finding(rule: Rule, detail: string, pointer?: string): Finding {
  return { detail, ...(pointer === undefined ? {} : { pointer }), severity: verdicts[rule], rule };
}
