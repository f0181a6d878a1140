/** The demonstration certificate: a listener has one to serve before the first real one, and it says so wherever it shows. */
import type { CertificateRequest } from '../schema/types.generated.ts';
import type { ChainFacts } from './chain-facts.ts';

export const demonstrationOrganization = 'Signet demonstration certificate';

/** What to make once per installation. RSA-2048, since it stands in for every peer, also those that know no elliptic curve. */
export function demonstrationRequest(hostname: string): CertificateRequest {
  return {
    key: 'rsa-2048',
    // A common name has 64 characters at most (RFC 5280 appendix A, ub-common-name).
    subject: {
      commonName: hostname !== '' && hostname.length <= 64 ? hostname : 'signet',
      organization: demonstrationOrganization,
    },
    days: 3650,
  };
}

/** Whether a chain (or its leaf) is a demonstration certificate, of this installation or another: nobody can verify it. */
export function isDemonstration({ selfSigned, subject }: Pick<ChainFacts, 'selfSigned' | 'subject'>): boolean {
  return selfSigned && subject.split(', ').includes(`O=${demonstrationOrganization}`);
}
