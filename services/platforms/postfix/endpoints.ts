/** Which addresses and ports a master.cf service or a listener binds, so that services are told apart by them, not by spelling. */
import type { PostfixFacts } from '../../schema/types.generated.ts';
import { valueIn } from './main-cf.ts';

export interface Endpoint {
  /** A canonical IP address, 0.0.0.0 or :: for every one of a family, or a host name that is known to the machine only. */
  readonly address: string;
  readonly port: number;
}

// Postfix knows these by itself (postconf known_tcp_ports, from 3.6); before, they come from services(5).
const knownPorts: Readonly<Record<string, number>> = {
  lmtp: 24,
  smtp: 25,
  smtps: 465,
  submissions: 465,
  submission: 587,
};

const wildcards: readonly string[] = ['0.0.0.0', '::'];

/** What a listener on `address` (`all` or an IP address) binds. */
export function listenerEndpoints(address: string, port: number, facts: PostfixFacts): readonly Endpoint[] {
  const addresses = address === 'all' ? everyInterface(facts) : [canonicalAddress(address)];
  return addresses.map((one) => ({ address: one, port }));
}

/** What a service of type inet binds by its name in master.cf (host_port.c); empty when its port is not known. */
export function serviceEndpoints(name: string, facts: PostfixFacts): readonly Endpoint[] {
  const { host, service } = split(name);
  const port = portOf(service, facts);
  if (port === undefined) return [];
  const addresses = host === '' ? everyInterface(facts) : hostAddresses(host, facts);
  return addresses.map((address) => ({ address, port }));
}

/** How master(8) recognises a service of type inet when it reloads: by host and port, whatever their spelling (master_ent.c). */
export function masterKey(name: string, facts: PostfixFacts): string {
  const { host, service } = split(name);
  return `${host === '' ? '' : canonicalAddress(host)}:${portOf(service, facts) ?? service}`;
}

/** Tells whether a service with these endpoints is the one of a listener: all of them, or every address of one family. */
export function isService(service: readonly Endpoint[], listener: readonly Endpoint[]): boolean {
  if (service.length === 0 || !service.every((one) => listener.some((other) => same(one, other)))) return false;
  return service.length === listener.length || service.every(({ address }) => wildcards.includes(address));
}

/** Tells whether both cannot be bound at once. A host name may mean any address. */
export function overlap(some: readonly Endpoint[], others: readonly Endpoint[]): boolean {
  return some.some((one) => others.some((other) => one.port === other.port && clash(one.address, other.address)));
}

/** An IP address in its one spelling (RFC 5952); anything else in lower case. */
export function canonicalAddress(text: string): string {
  const address = text.toLowerCase().replace(/^ipv6:/, '');
  const url = address.includes(':') ? `http://[${address}]/` : '';
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : address;
}

export function isWildcard(address: string): boolean {
  return wildcards.includes(canonicalAddress(address));
}

/** postconf of a parameter by the machine's own word, else by its main.cf, else the default. */
export function parameter(facts: PostfixFacts, name: string, otherwise = ''): string {
  return facts.parameters[name] ?? valueIn(facts.mainCf, name) ?? otherwise;
}

function everyInterface(facts: PostfixFacts): readonly string[] {
  const interfaces = parameter(facts, 'inet_interfaces', 'all').toLowerCase();
  if (interfaces === 'all' || interfaces === '') return wildcards.filter((address) => spoken(address, facts));
  if (interfaces === 'loopback-only') return hostAddresses('localhost', facts);
  const hosts = interfaces.split(/[\s,]+/).filter((host) => host !== '');
  return [...new Set(hosts.flatMap((host) => hostAddresses(host.replaceAll(/[[\]]/g, ''), facts)))];
}

function hostAddresses(host: string, facts: PostfixFacts): readonly string[] {
  const addresses = host === 'localhost' ? ['127.0.0.1', '::1'] : [canonicalAddress(host)];
  return addresses.filter((address) => spoken(address, facts));
}

/** Whether the address is of a family that Postfix speaks (postconf inet_protocols). */
function spoken(address: string, facts: PostfixFacts): boolean {
  const protocols = parameter(facts, 'inet_protocols', 'all').toLowerCase();
  if (protocols.includes('all')) return true;
  if (isIpv6(address)) return protocols.includes('ipv6');
  return !isIpv4(address) || protocols.includes('ipv4');
}

function split(name: string): { readonly host: string; readonly service: string } {
  const [, bracketed, plain, service] = /^(?:\[([^\]]*)\]:|(.*):)?([^:]*)$/.exec(name) ?? [];
  return { host: bracketed ?? plain ?? '', service: service ?? name };
}

function portOf(service: string, facts: PostfixFacts): number | undefined {
  return /^\d+$/.test(service) ? Number(service) : (facts.services[service] ?? knownPorts[service]);
}

function same(one: Endpoint, other: Endpoint): boolean {
  return one.port === other.port && one.address === other.address;
}

function clash(one: string, other: string): boolean {
  if (one === other || isName(one) || isName(other)) return true;
  return isIpv6(one) === isIpv6(other) && (wildcards.includes(one) || wildcards.includes(other));
}

function isName(address: string): boolean {
  return !isIpv4(address) && !isIpv6(address);
}

function isIpv4(address: string): boolean {
  return /^\d+(\.\d+){3}$/.test(address);
}

function isIpv6(address: string): boolean {
  return address.includes(':');
}
