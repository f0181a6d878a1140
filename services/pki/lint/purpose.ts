/** Whether a leaf says that it is one, and for what. */
import type { Finding } from '../../errors.ts';
import { alternativeHosts, criticalExtensions, purposes } from '../certificate-details.ts';
import { subjectOf, type Certificate } from '../certificate.ts';
import { finding } from './rules.ts';

/** What keeps peers from taking a leaf for what it is meant to be. */
export function purpose(leaf: Certificate): readonly Finding[] {
  const subject = subjectOf(leaf);
  const unknown = criticalExtensions(leaf).filter((oid) => !known.has(oid));
  return [
    ...(alternativeHosts(leaf).length > 0
      ? []
      : [
          finding(
            'no-alternative-name',
            `${subject} has no alternative name; clients compare with nothing else and refuse it, so ask for one with names`,
          ),
        ]),
    ...(leaf.x509.ca
      ? [
          finding(
            'leaf-is-authority',
            `${subject} may sign other certificates (CA:TRUE); whoever trusts it trusts all that its key signs, so use one that may not`,
          ),
        ]
      : []),
    ...(purposes(leaf).length > 0
      ? []
      : [
          finding(
            'no-purpose',
            `${subject} is neither for servers nor for clients (its extended key usage has neither serverAuth nor clientAuth); ask for another`,
          ),
        ]),
    ...unknown.map((oid) =>
      finding(
        'unknown-critical-extension',
        `${subject} has the extension ${oid}, marked critical; peers that do not know it must refuse the certificate (RFC 5280 4.2)`,
      ),
    ),
  ];
}

/** What RFC 5280 4.2 asks of everyone who verifies. */
const known: ReadonlySet<string> = new Set([
  ...['2.5.29.15', '2.5.29.17', '2.5.29.19', '2.5.29.30', '2.5.29.32'],
  ...['2.5.29.33', '2.5.29.36', '2.5.29.37', '2.5.29.54'],
]);
