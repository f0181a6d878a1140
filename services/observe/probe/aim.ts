/** What a request aims at, one connection each: server, port, what is spoken and what is expected. Pure. */
import { isIP } from 'node:net';

import type { Service } from '../../conversation/converse.ts';
import type { Probe, ProbeRequest, ProbeTarget, Settings } from '../../schema/types.generated.ts';
import type { Expected } from './judge.ts';
import type { MailHosts } from './mail-hosts.ts';

export interface Aim {
  readonly view: Pick<Probe, 'machine' | 'listener' | 'from' | 'server' | 'port' | 'preference' | 'service' | 'names'>;
  readonly expected: Expected;
  /** The name to ask for; an address when there is none. */
  readonly serverName: string;
}

/** A machine as its listeners are looked at. */
export interface Owner {
  readonly machine: string;
  /** Where the controller reaches it: the address of listeners on `all`. */
  readonly host: string;
  readonly settings: Pick<Settings, 'interfaces' | 'listeners'>;
  /** SHA-256 of the certificates of a chain, by its id. */
  readonly chains: ReadonlyMap<string, readonly string[]>;
}

/** A listener, from where its settings say it can be seen, or from another machine. */
export function listenerAim(target: ProbeTarget, owner: Owner, from?: string): Aim {
  const { listener, port, tls, serverName } = target;
  // One that rollouts leave alone can still be seen from its own gateway.
  const vantage = from ?? (target.from === 'controller' ? controller : owner.machine);
  const everywhere = vantage === owner.machine ? '127.0.0.1' : owner.host;
  const names = tls === 'off' ? [] : namesOf(listener, owner, serverName);
  const service = spoken(target, owner);
  const committed = owner.chains.get(target.chain);
  return {
    view: {
      ...{ machine: owner.machine, listener, from: vantage },
      server: target.address === 'all' ? everywhere : target.address,
      ...{ port, service, names },
    },
    serverName,
    expected: {
      ...{ service, names, withoutTls: tls === 'off', mayBeWithheld: target.mayBeWithheld ?? false },
      ...(committed ? { committed } : {}),
    },
  };
}

/** A server that is named in the request. */
export function hostAim({ host = '', port, service: asService, name }: ProbeRequest, from: string): Aim {
  const service = asService ?? serviceAt(port);
  const asked = name ?? host;
  const names = isIP(asked) === 0 ? [asked] : [];
  const at = port ?? usualPorts[service];
  return {
    view: { from, server: host, port: at, service, names },
    serverName: asked,
    expected: { service, names },
  };
}

/** The servers of a domain: each must be what its MX record calls it. */
export function domainAims({ hosts }: MailHosts, from: string): readonly Aim[] {
  return hosts.map(({ name, preference }) => ({
    view: {
      ...{ from, server: name, port: usualPorts.smtp, service: 'smtp', names: [name] },
      ...(preference === undefined ? {} : { preference }),
    },
    serverName: name,
    expected: { service: 'smtp', names: [name] },
  }));
}

/** Where a look that is not from a machine is taken. */
export const controller = 'controller';

const usualPorts: Readonly<Record<Service, number>> = {
  smtp: 25,
  smtps: 465,
  https: 443,
  ldaps: 636,
  'ldap-starttls': 389,
};

function serviceAt(port: number | undefined): Service {
  const usual = Object.entries(usualPorts).find(([, at]) => at === port);
  return (usual?.[0] as Service | undefined) ?? 'smtp';
}

/** What is no listener for mail is spoken to in TLS alone. */
function spoken({ listener, tls, port }: ProbeTarget, { settings }: Owner): Service {
  if (Object.hasOwn(settings.listeners, listener)) return tls === 'implicit' ? 'smtps' : 'smtp';
  return serviceAt(port) === 'ldaps' ? 'ldaps' : 'https';
}

/** The host name of the interface and, where the world sends mail, the names under which it does. */
function namesOf(listener: string, { settings }: Owner, serverName: string): readonly string[] {
  if (serverName === '' || isIP(serverName) !== 0) return [];
  const set = settings.listeners[listener];
  const mxNames = set?.role === 'public' ? (settings.interfaces[set.interface]?.mxNames ?? []) : [];
  return [...new Set([serverName, ...mxNames])];
}
