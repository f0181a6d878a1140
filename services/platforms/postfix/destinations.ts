/** Destinations as Postfix TLS policies: docs/destinations.md gives the outcomes, and where they differ from the appliance. */
import type { Destination, Destinations } from '../../schema/types.generated.ts';

export const policyPath = 'postfix/tls_policy';

/** The texthash table of every destination but `default`, by domain. It needs no postmap; smtp(8) reads it when it starts. */
export function policyTable(destinations: Destinations): string {
  const rows = Object.entries(destinations)
    .filter(([domain]) => domain !== 'default')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([domain, destination]) => `${domain} ${policyOf(destination)}\n`);
  return `# TLS by next hop (postconf smtp_tls_policy_maps), written by Signet.\n${rows.join('')}`;
}

/** A destination as the right-hand side of a row (postconf smtp_tls_policy_maps). */
export function policyOf(destination: Destination): string {
  return [level(destination), ...match(destination)].join(' ');
}

/** What destinations ask of main.cf: the level for all domains without a row, and what the levels in use need to hold. */
export function destinationParameters(destinations: Destinations): Readonly<Record<string, string>> {
  const fallback = destinations['default'] ?? { tls: 'preferred' };
  const used = new Set(Object.values(destinations).map(({ tls }) => tls));
  return {
    smtp_tls_security_level: level(fallback),
    ...(fallback.tls === 'required-verify' && !fallback.match ? { smtp_tls_verify_cert_match: 'hostname' } : {}),
    ...(fallback.match ? { smtp_tls_secure_cert_match: fallback.match.join(', ') } : {}),
    ...(fallback.fingerprints ? { smtp_tls_fingerprint_cert_match: fingerprints(fallback).join(', ') } : {}),
    // The default is md5 before 3.6 and wherever compatibility_level is lower.
    ...(used.has('fingerprint') ? { smtp_tls_fingerprint_digest: 'sha256' } : {}),
    ...(used.has('dane') || used.has('dane-only') ? needsOfDane : {}),
  };
}

// Without any of these Postfix takes dane for may, with no more than a warning in its log (smtp_tls_policy.c, dane_init).
const needsOfDane = {
  smtp_dns_support_level: 'dnssec',
  smtp_dns_resolver_options: '',
  ignore_mx_lookup_error: 'no',
};

function level({ tls, match: names }: Destination): string {
  switch (tls) {
    case 'none':
      return 'none';
    case 'preferred':
    // Never verify, which would hold mail back: whether a peer was verified is in the log (smtp_tls_loglevel).
    case 'preferred-verify':
      return 'may';
    case 'required':
      return 'encrypt';
    case 'required-verify':
      return names ? 'secure' : 'verify';
    case 'dane':
    case 'dane-only':
    case 'fingerprint':
      return tls;
  }
}

function match(destination: Destination): readonly string[] {
  if (destination.tls === 'fingerprint') return [`match=${fingerprints(destination).join('|')}`];
  if (destination.tls === 'required-verify') return [`match=${(destination.match ?? ['hostname']).join(':')}`];
  return [];
}

/** With the colons that Postfix wants before 3.6. */
function fingerprints({ fingerprints: digests }: Destination): readonly string[] {
  return (digests ?? []).map((digest) => (digest.toUpperCase().match(/../g) ?? []).join(':'));
}
