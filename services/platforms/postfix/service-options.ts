/** The -o options of a listener's service that are Signet's. */
import type { Option } from './entry.ts';

/**
 * The options that decide how a listener speaks TLS: Signet's alone on its services. What is not set there is removed, so that
 * nothing overrides main.cf; smtpd_tls_security_level overrides the obsolete smtpd_use_tls and smtpd_enforce_tls by itself.
 */
export const listenerOptions: ReadonlySet<string> = new Set([
  'myhostname',
  'smtpd_tls_cert_file',
  'smtpd_tls_chain_files',
  'smtpd_tls_ciphers',
  'smtpd_tls_eccert_file',
  'smtpd_tls_exclude_ciphers',
  'smtpd_tls_loglevel',
  'smtpd_tls_mandatory_ciphers',
  'smtpd_tls_mandatory_exclude_ciphers',
  'smtpd_tls_mandatory_protocols',
  'smtpd_tls_protocols',
  'smtpd_tls_security_level',
  'smtpd_tls_wrappermode',
  'tls_server_sni_maps',
]);

/**
 * The options that mail flow policies and sender groups set where they ask for it. The owner may have set them as well, there or
 * in main.cf: only what stands below Signet's mark is Signet's, and of several lines Postfix takes the last.
 */
export const inboundOptions: ReadonlySet<string> = new Set([
  'plaintext_reject_code',
  'smtpd_client_restrictions',
  'smtpd_data_restrictions',
  'smtpd_discard_ehlo_keyword_address_maps',
  'smtpd_recipient_restrictions',
  'smtpd_sender_restrictions',
  'smtpd_tls_CAfile',
  'smtpd_tls_CApath',
  'smtpd_tls_ask_ccert',
  'smtpd_tls_auth_only',
  'smtpd_tls_req_ccert',
]);

export function isSignets({ name, isBelowMark }: Option): boolean {
  return listenerOptions.has(name) || (isBelowMark && inboundOptions.has(name));
}
