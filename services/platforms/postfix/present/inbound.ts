/** The SMTP services of a machine as interfaces, listeners and mail flow policies. */
import type { CertificateBinding } from '../../../schema/types.generated.ts';
import { canonicalAddress, parameter } from '../endpoints.ts';
import { keyOf, type Expressed, type Meaning, type Reading } from './meaning.ts';
import { pairId, pairOf, type Material } from './sources.ts';
import type { Service, Words } from './words.ts';

export interface InboundReading extends Reading {
  /** Names of certificates, with what they are bound to. */
  readonly certificates: ReadonlyMap<string, CertificateBinding>;
  readonly isMandatory: boolean;
}

type Level = 'off' | 'preferred' | 'required';

const usualNames: Readonly<Record<number, string>> = { 25: 'public', 465: 'submissions', 587: 'submission' };

export function readInbound(words: Words, hostname: string, material: Material): InboundReading {
  const expressed: Expressed[] = [];
  const meanings = new Map<string, Meaning>();
  const certificates = new Map<string, CertificateBinding>();
  const interfaces = new Map<string, string>();
  const levels: Level[] = [];
  const taken = new Set<string>();
  let standard: Level | undefined;
  // Port 25 first: its level becomes the policy `default`, its address the interface `main`.
  const services = [...words.services].sort((a, b) => rank(portOf(a)) - rank(portOf(b)));
  for (const service of services) {
    const address = addressOf(service);
    const port = portOf(service);
    if (address === undefined || port === undefined) {
      loseAll(service, words, 'its address or port is known to the machine only', meanings);
      continue;
    }
    const usual = usualNames[port] ?? `port-${port}`;
    const listener = taken.has(usual) ? `${usual}-${slug(address)}` : usual;
    if (taken.has(listener)) continue;
    taken.add(listener);
    const at = `/listeners/${listener}`;

    const name = service.value('myhostname') ?? hostname;
    const key = `${address} ${name}`;
    const place = interfaces.get(key) ?? (interfaces.size === 0 ? 'main' : `${slug(address)}-${interfaces.size + 1}`);
    if (!interfaces.has(key)) expressed.push({ path: ['interfaces', place], value: { address, hostname: name } });
    interfaces.set(key, place);

    const pair = pairOf('smtpd', service.value);
    const binding = pair && material.certificates.get(pairId(pair));
    const isImplicit = service.value('smtpd_tls_wrappermode') === 'yes';
    const level = pair ? levelOf(service, isImplicit) : 'off';
    levels.push(level);
    standard ??= level;
    const policy = level === standard ? 'default' : level;
    expressed.push({
      path: ['mailFlowPolicies', policy],
      value: { tls: level, clientCertificate: 'ignore', trust: ['system'] },
    });
    const certificate = binding ? nameFor(binding, listener, certificates) : 'demonstration';
    expressed.push({
      path: ['listeners', listener],
      value: {
        ...{ interface: place, port, role: port === 25 ? 'public' : 'private', certificate },
        ...{ tls: isImplicit && level !== 'off' ? 'implicit' : 'starttls', policy, probe: 'controller' },
      },
    });

    const mean = (parameterName: string, meaning: Meaning) => {
      const where = keyOf({ place: service.placeOf(parameterName), name: parameterName });
      // What one service can express counts, whatever another says of the same line.
      if (meanings.get(where)?.kind !== 'expressed') meanings.set(where, meaning);
    };
    for (const each of ['smtpd_tls_security_level', 'smtpd_use_tls', 'smtpd_enforce_tls']) {
      mean(each, { kind: 'expressed', pointer: `${at}/policy` });
    }
    mean('smtpd_tls_wrappermode', { kind: 'expressed', pointer: `${at}/tls` });
    const why = pair && (material.faults.get(pairId(pair)) ?? 'the file could not be read');
    for (const each of pair?.parameters ?? []) {
      mean(each, binding ? { kind: 'expressed', pointer: `${at}/certificate` } : { kind: 'lost', why: why ?? '' });
    }
    for (const each of pair?.further ?? []) mean(each, { kind: 'lost', why: 'a listener has one certificate' });
  }
  return {
    expressed,
    meanings,
    certificates,
    isMandatory: levels.includes('required') && !levels.includes('preferred'),
  };
}

function levelOf(service: Service, isImplicit: boolean): Level {
  switch (service.value('smtpd_tls_security_level') ?? '') {
    case 'encrypt':
      return 'required';
    case 'may':
      return isImplicit ? 'required' : 'preferred';
    case 'none':
      return isImplicit ? 'required' : 'off';
    default:
      if (isImplicit || service.value('smtpd_enforce_tls') === 'yes') return 'required';
      return service.value('smtpd_use_tls') === 'yes' ? 'preferred' : 'off';
  }
}

/** The same pair has one name, however many listeners show it; the first is `mx`. */
function nameFor(binding: CertificateBinding, listener: string, certificates: Map<string, CertificateBinding>): string {
  const known = [...certificates].find(([, { key, chain }]) => key === binding.key && chain === binding.chain);
  if (known) return known[0];
  const name = certificates.size === 0 ? 'mx' : `mx-${listener}`;
  certificates.set(name, binding);
  return name;
}

/** `all`, or the one address a service names; undefined for a host name. */
function addressOf({ inet }: Service): string | undefined {
  const { name } = inet.entry;
  if (!name.includes(':')) return 'all';
  const address = canonicalAddress(inet.endpoints[0]?.address ?? '');
  return /^[\d.]+$/.test(address) || address.includes(':') ? address : undefined;
}

function portOf({ inet }: Service): number | undefined {
  return inet.endpoints[0]?.port;
}

function rank(port: number | undefined): number {
  return port === 25 ? 0 : (port ?? 65_536);
}

function slug(address: string): string {
  return address === 'all' ? 'all' : `ip-${address.replaceAll(/[.:]+/g, '-').replaceAll(/^-|-$/g, '')}`;
}

function loseAll(service: Service, { settings }: Words, why: string, meanings: Map<string, Meaning>): void {
  for (const { place, name } of settings)
    if (place === service.place) meanings.set(keyOf({ place, name }), { kind: 'lost', why });
}

/** The host name the machine goes by. */
export function hostnameOf({ facts }: Words, otherwise: string): string {
  return parameter(facts, 'myhostname', otherwise);
}
