/** Whether a certificate carries a name that a destination asks for, as Postfix compares them (postconf smtp_tls_verify_cert_match). Pure. */
import type { Destination } from '../../schema/types.generated.ts';

export interface Names {
  /** The domain that the mail is for: the next hop. */
  readonly domain: string;
  /** The mail exchanger that is connected to. */
  readonly host: string;
}

/** The names that are asked for; without `match` that of the mail exchanger. */
export function patternsOf({ match }: Pick<Destination, 'match'>): readonly string[] {
  return match ?? ['hostname'];
}

export function matches(carried: readonly string[], patterns: readonly string[], { domain, host }: Names): boolean {
  return patterns.some((pattern) => {
    switch (pattern) {
      case 'hostname':
        return carried.some((name) => isName(name, host));
      case 'nexthop':
        return carried.some((name) => isName(name, domain));
      case 'dot-nexthop':
        return carried.some((name) => isBelow(name, domain));
      default:
        return carried.some((name) =>
          pattern.startsWith('.') ? isBelow(name, pattern.slice(1)) : isName(name, pattern),
        );
    }
  });
}

/** A wildcard in a certificate stands for one label, the first (tls_verify.c, match_servername). */
function isName(carried: string, wanted: string): boolean {
  const [name, want] = [carried.toLowerCase(), wanted.toLowerCase()];
  if (!name.startsWith('*.')) return name === want;
  const [, ...rest] = want.split('.');
  return rest.length > 0 && rest.join('.') === name.slice(2);
}

/** Any name below the domain, that of a wildcard included. */
function isBelow(carried: string, domain: string): boolean {
  return carried.toLowerCase().endsWith(`.${domain.toLowerCase()}`);
}
