/** Listeners as master.cf services and as what must be seen from outside. */
import type {
  Facts,
  Listener,
  PostfixFacts,
  PostfixService,
  ProbeTarget,
  Settings,
} from '../../schema/types.generated.ts';
import { currentPath } from '../platform.ts';
import { certificatePath } from './certificates.ts';
import { canonicalAddress, isWildcard, parameter } from './endpoints.ts';
import { named } from '../reference.ts';
import { flowOf, isWithheldFromSome, type Flow } from './flow.ts';
import { inboundOf } from './inbound.ts';

/** The services of all listeners, by port and address. */
export function services(settings: Settings, facts: Facts, postfix: PostfixFacts): readonly PostfixService[] {
  return Object.entries(settings.listeners)
    .map(([name, listener]) => service(name, listener, settings, facts, postfix))
    .sort((a, b) => a.port - b.port || (a.address < b.address ? -1 : 1));
}

/** One probe a listener, by the listener's name. */
export function probes(settings: Settings): readonly ProbeTarget[] {
  return Object.entries(settings.listeners)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, listener]) => {
      const { address, hostname } = interfaceOf(name, listener, settings);
      const flow = flowOf(name, settings);
      return {
        listener: name,
        address: isWildcard(address) ? 'all' : canonicalAddress(address),
        port: listener.port,
        tls: flow.level === 'none' ? 'off' : listener.tls,
        ...(isWithheldFromSome(flow) ? { mayBeWithheld: true } : {}),
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
      .filter(([name]) => flowOf(name, settings).level !== 'none')
      .map(([name, { certificate }]) => [certificate, `listener ${name}`]),
  );
}

function service(
  name: string,
  listener: Listener,
  settings: Settings,
  facts: Facts,
  postfix: PostfixFacts,
): PostfixService {
  const { address, hostname } = interfaceOf(name, listener, settings);
  const { flow, options } = inboundOf(name, settings, facts, postfix);
  const banner: Record<string, string> =
    hostname.toLowerCase() === parameter(postfix, 'myhostname').toLowerCase() ? {} : { myhostname: hostname };
  return {
    address: canonicalAddress(address),
    port: listener.port,
    options: { ...banner, ...(flow.level === 'none' ? withoutTls : withTls(flow.level, listener)), ...options },
  };
}

const withoutTls = { smtpd_tls_security_level: 'none', smtpd_tls_wrappermode: 'no' };

function withTls(level: Exclude<Flow['level'], 'none'>, listener: Listener): Readonly<Record<string, string>> {
  return {
    // Ignored beside chain files, but smtpd logs a warning each time it starts when main.cf sets one of them.
    smtpd_tls_cert_file: '',
    smtpd_tls_eccert_file: '',
    smtpd_tls_chain_files: currentPath(certificatePath(listener.certificate)),
    smtpd_tls_security_level: level,
    smtpd_tls_wrappermode: listener.tls === 'implicit' ? 'yes' : 'no',
    // It would show other certificates to clients that send a server name, the probe included.
    tls_server_sni_maps: '',
  };
}

function interfaceOf(name: string, listener: Listener, settings: Settings): Settings['interfaces'][string] {
  return named(settings.interfaces, listener.interface, `listener ${name}`, 'interface');
}
