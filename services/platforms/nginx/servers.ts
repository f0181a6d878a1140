/** The HTTPS services of a machine's interfaces, and what nginx listens on for each. */
import type { Facts, HTTPSService, Interface, ProbeTarget, Settings } from '../../schema/types.generated.ts';
import { canonicalAddress, isWildcard } from '../postfix/endpoints.ts';

export interface Server {
  /** The name of the interface. */
  readonly name: string;
  readonly hostname: string;
  readonly address: string;
  readonly port: number;
  readonly certificate: string;
  readonly from: ProbeTarget['from'];
}

/** By the name of the interface. */
export function servers({ interfaces }: Settings): readonly Server[] {
  return Object.entries(interfaces)
    .flatMap(([name, one]) => (one.https ? [server(name, one, one.https)] : []))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function server(
  name: string,
  { address, hostname }: Interface,
  { certificate, port = 443, probe = 'controller' }: HTTPSService,
): Server {
  return {
    name,
    hostname,
    address: isWildcard(address) ? 'all' : canonicalAddress(address),
    port,
    certificate,
    from: probe,
  };
}

/** What a probe of it is called, and what names it in findings. */
export function placeOf(name: string): string {
  return `interfaces/${name}/https`;
}

/** The `listen` parameters of a server: both families for `all`, as far as the machine has IPv6. */
export function listens({ address, port }: Pick<Server, 'address' | 'port'>, { addresses }: Facts): readonly string[] {
  if (address !== 'all') return [`${address.includes(':') ? `[${address}]` : address}:${port}`];
  return addresses.some((one) => one.includes(':')) ? [`*:${port}`, `[::]:${port}`] : [`*:${port}`];
}

/** A `listen` parameter of someone else's in the form of `listens`; port 80 is the default (ngx_http_core_module listen). */
export function canonicalListen(parameter: string): string {
  if (/^\d+$/.test(parameter)) return `*:${parameter}`;
  const whole = /:\d+$/.test(parameter.replace(/^\[.*\]/, '')) ? parameter : `${parameter}:80`;
  return whole.replace(/^(0\.0\.0\.0|localhost(?=:))/, (host) => (host === 'localhost' ? '127.0.0.1' : '*'));
}
