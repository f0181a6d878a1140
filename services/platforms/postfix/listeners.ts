/** Listeners as master.cf services and as what must be seen from outside. */
import type { Listener, PostfixFacts, PostfixService, ProbeTarget, Settings } from '../../schema/types.generated.ts';
import { currentPath } from '../platform.ts';
import { certificatePath } from './certificates.ts';
import { canonicalAddress, isWildcard, parameter } from './endpoints.ts';
import { named } from '../reference.ts';

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

/** The services of all listeners, by port and address. */
export function services(settings: Settings, facts: PostfixFacts): readonly PostfixService[] {
  return Object.entries(settings.listeners)
    .map(([name, listener]) => service(name, listener, settings, facts))
    .sort((a, b) => a.port - b.port || (a.address < b.address ? -1 : 1));
}

/** One probe a listener, by the listener's name. */
export function probes(settings: Settings): readonly ProbeTarget[] {
  return Object.entries(settings.listeners)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, listener]) => {
      const { address, hostname } = interfaceOf(name, listener, settings);
      return {
        listener: name,
        address: isWildcard(address) ? 'all' : canonicalAddress(address),
        port: listener.port,
        tls: policyOf(name, listener, settings).tls === 'off' ? 'off' : listener.tls,
        serverName: hostname,
        chain: named(settings.certificates, listener.certificate, `listener ${name}`, 'certificate').chain,
        from: listener.probe,
      };
    });
}

/** The certificates that listeners show, by name, with the listener that does. */
export function listenerCertificates(settings: Settings): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(settings.listeners)
      .filter(([name, listener]) => policyOf(name, listener, settings).tls !== 'off')
      .map(([name, { certificate }]) => [certificate, `listener ${name}`]),
  );
}

function service(name: string, listener: Listener, settings: Settings, facts: PostfixFacts): PostfixService {
  const { address, hostname } = interfaceOf(name, listener, settings);
  const { tls } = policyOf(name, listener, settings);
  const banner: Record<string, string> =
    hostname.toLowerCase() === parameter(facts, 'myhostname').toLowerCase() ? {} : { myhostname: hostname };
  return {
    address: canonicalAddress(address),
    port: listener.port,
    options: { ...banner, ...(tls === 'off' ? withoutTls : withTls(tls, listener)) },
  };
}

const withoutTls = { smtpd_tls_security_level: 'none', smtpd_tls_wrappermode: 'no' };

function withTls(tls: 'preferred' | 'required', listener: Listener): Readonly<Record<string, string>> {
  const implicit = listener.tls === 'implicit';
  return {
    // Ignored beside chain files, but smtpd logs a warning each time it starts when main.cf sets one of them.
    smtpd_tls_cert_file: '',
    smtpd_tls_eccert_file: '',
    smtpd_tls_chain_files: currentPath(certificatePath(listener.certificate)),
    smtpd_tls_security_level: implicit || tls === 'required' ? 'encrypt' : 'may',
    smtpd_tls_wrappermode: implicit ? 'yes' : 'no',
    // It would show other certificates to clients that send a server name, the probe included.
    tls_server_sni_maps: '',
  };
}

function interfaceOf(name: string, listener: Listener, settings: Settings): Settings['interfaces'][string] {
  return named(settings.interfaces, listener.interface, `listener ${name}`, 'interface');
}

function policyOf(name: string, listener: Listener, settings: Settings): Settings['mailFlowPolicies'][string] {
  return named(settings.mailFlowPolicies, listener.policy, `listener ${name}`, 'mail flow policy');
}
