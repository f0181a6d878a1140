/** Domain names in the one spelling in which they are stored and compared. */
import { domainToASCII } from 'node:url';

/** A domain as it is stored: ASCII (IDNA A-labels, RFC 5890), lower case, without the trailing dot. */
export function canonicalDomain(name: string): string {
  // Only names that need it go through IDNA, since domainToASCII also reads numbers as IPv4 addresses.
  const isAscii = /^\p{ASCII}*$/u.test(name);
  // An empty answer means that it is no domain; the schema then refuses the name as it was given.
  const ascii = isAscii ? name : domainToASCII(name) || name;
  return ascii.toLowerCase().replace(/\.$/, '');
}
