/** What `signetd` can be told: flags, each with an environment variable behind it, and a default that works. */
import { isIP } from 'node:net';
import { parseArgs } from 'node:util';

import { NamedError } from '../errors.ts';
import { defaultPort, defaultStateFolder } from '../schema/locations.ts';

export interface Options {
  readonly state: string;
  readonly host: string;
  readonly port: number;
  readonly tls: { readonly certificate: string; readonly key: string } | undefined;
  readonly masterKey: string;
  readonly store:
    { readonly kind: 'embedded'; readonly path: string } | { readonly kind: 'etcd'; readonly options: EtcdFlags };
  readonly windowSeconds: number;
  readonly probeSeconds: number;
  readonly sweepSeconds: number;
  /** The DNS server for MX records, as `setServers` of node:dns takes it; the system's when undefined. */
  readonly resolver: string | undefined;
}

export interface EtcdFlags {
  readonly hosts: readonly string[];
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
  readonly user?: string;
  readonly passwordFile?: string;
  readonly prefix: string;
}

export const usage = `signetd: the controller of a Signet cluster

  --state DIR            where its state lives (default ${defaultStateFolder}; SIGNETD_STATE)
  --listen HOST:PORT     default 127.0.0.1:${defaultPort}; beyond loopback only with --tls-certificate and --tls-key (SIGNETD_LISTEN)
  --tls-certificate FILE, --tls-key FILE   PEM; read again when they change
  --master-key FILE      32 random bytes that seal every private key (default STATE/master-key, made for a new store;
                         the systemd credential signet-master-key comes first)
  --etcd URL[,URL...]    use etcd instead of the embedded store (SIGNETD_ETCD)
  --etcd-ca FILE, --etcd-certificate FILE, --etcd-key FILE     mutual TLS
  --etcd-user NAME, --etcd-password-file FILE                  or a user and password
  --etcd-prefix TEXT     keys live below it (default signet/)
  --window SECONDS       after which a gateway reverts what was not confirmed (default 60)
  --probe SECONDS        how long a listener may take to serve what was sent (default 15)
  --sweep SECONDS        how often every machine is looked at again (default 300)
  --resolver ADDRESS[:PORT]   the DNS server to look MX records up with (default: those of the system)
  --help, --version
`;

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;

/** Throws `invalid-input` with what to write instead. */
export function parseOptions(args: readonly string[], env: NodeJS.ProcessEnv): Options | 'help' | 'version' {
  const values = read(args);
  if (values.help) return 'help';
  if (values.version) return 'version';
  const state = values.state ?? env['SIGNETD_STATE'] ?? defaultStateFolder;
  const { host, port } = listen(values.listen ?? env['SIGNETD_LISTEN'] ?? `127.0.0.1:${defaultPort}`);
  const etcd = values.etcd ?? env['SIGNETD_ETCD'];
  together(values, 'tls-certificate', 'tls-key');
  const windowSeconds = seconds('--window', values.window ?? '60', longestWindow);
  const probeSeconds = seconds('--probe', values.probe ?? '15', longestWindow);
  if (probeSeconds >= windowSeconds) {
    throw new NamedError(
      'invalid-input',
      `--probe must be shorter than --window (${windowSeconds} seconds), or a gateway reverts before its probe has ended, not ${probeSeconds}`,
    );
  }
  return {
    state,
    host,
    port,
    tls:
      values['tls-certificate'] !== undefined && values['tls-key'] !== undefined
        ? { certificate: values['tls-certificate'], key: values['tls-key'] }
        : undefined,
    masterKey: values['master-key'] ?? `${state}/master-key`,
    store: etcd === undefined ? embedded(state, values) : { kind: 'etcd', options: etcdFlags(etcd, values) },
    windowSeconds,
    probeSeconds,
    sweepSeconds: seconds('--sweep', values.sweep ?? '300', 86_400),
    resolver: values.resolver === undefined ? undefined : dnsServer(values.resolver),
  };
}

/** What a gateway takes (docs/gateway-protocol.md, push). */
const longestWindow = 3600;

function read(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        state: text,
        listen: text,
        'tls-certificate': text,
        'tls-key': text,
        'master-key': text,
        etcd: text,
        'etcd-ca': text,
        'etcd-certificate': text,
        'etcd-key': text,
        'etcd-user': text,
        'etcd-password-file': text,
        'etcd-prefix': text,
        window: text,
        probe: text,
        sweep: text,
        resolver: text,
        help: flag,
        version: flag,
      },
    }).values;
  } catch (cause) {
    throw new NamedError(
      'invalid-input',
      `${cause instanceof Error ? cause.message : String(cause)}; see signetd --help`,
      { cause },
    );
  }
}

function listen(value: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([^[\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(value);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host !== undefined && port <= 65_535) return { host, port };
  // More than one colon is an IPv6 address whose end only brackets tell.
  const hint = value.split(':').length > 2 ? '; an IPv6 address stands in brackets: [::1]:7410' : '';
  throw new NamedError('invalid-input', `--listen takes HOST:PORT, not "${value}"${hint}`);
}

function dnsServer(value: string): string {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^[\]]+?))(?::(\d{1,5}))?$/.exec(value) ?? [];
  const address = isIP(value) === 6 ? value : (bracketed ?? plain ?? '');
  if (isIP(address) !== 0 && Number(port ?? 53) <= 65_535) return value;
  throw new NamedError('invalid-input', `--resolver takes an IP address, with or without :PORT, not "${value}"`);
}

function seconds(name: string, value: string, longest: number): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= 1 && number <= longest) return number;
  throw new NamedError('invalid-input', `${name} takes a whole number of seconds from 1 to ${longest}, not "${value}"`);
}

type Values = ReturnType<typeof read>;

function together(values: Values, one: keyof Values, other: keyof Values): void {
  if ((values[one] === undefined) === (values[other] === undefined)) return;
  throw new NamedError('invalid-input', `give --${one} and --${other} together`);
}

function embedded(state: string, values: Values): Options['store'] {
  const etcdOnly = Object.keys(values).find((name) => name.startsWith('etcd-'));
  if (etcdOnly === undefined) return { kind: 'embedded', path: `${state}/signet.db` };
  throw new NamedError('invalid-input', `--${etcdOnly} means nothing without --etcd; give the address of etcd as well`);
}

function etcdFlags(addresses: string, values: Values): EtcdFlags {
  const hosts = addresses.split(',');
  const wrong = hosts.find((host) => !/^https?:\/\/[^/]+\/?$/.test(host));
  if (wrong !== undefined) {
    throw new NamedError('invalid-input', `--etcd takes http:// or https:// URLs, not "${wrong}"`);
  }
  together(values, 'etcd-certificate', 'etcd-key');
  together(values, 'etcd-user', 'etcd-password-file');
  return {
    hosts,
    prefix: values['etcd-prefix'] ?? 'signet/',
    ...(values['etcd-ca'] === undefined ? {} : { ca: values['etcd-ca'] }),
    ...(values['etcd-certificate'] === undefined ? {} : { certificate: values['etcd-certificate'] }),
    ...(values['etcd-key'] === undefined ? {} : { key: values['etcd-key'] }),
    ...(values['etcd-user'] === undefined ? {} : { user: values['etcd-user'] }),
    ...(values['etcd-password-file'] === undefined ? {} : { passwordFile: values['etcd-password-file'] }),
  };
}
