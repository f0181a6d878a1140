/** What `signetd` can be told: flags, each with an environment variable behind it, and a default that works. */
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
  --master-key FILE      32 random bytes that seal every private key (default STATE/master-key, made when missing;
                         the systemd credential signet-master-key comes first)
  --etcd URL[,URL...]    use etcd instead of the embedded store (SIGNETD_ETCD)
  --etcd-ca FILE, --etcd-certificate FILE, --etcd-key FILE     mutual TLS
  --etcd-user NAME, --etcd-password-file FILE                  or a user and password
  --etcd-prefix TEXT     keys live below it (default signet/)
  --window SECONDS       after which a gateway reverts what was not confirmed (default 60)
  --probe SECONDS        how long a listener may take to serve what was sent (default 15)
  --sweep SECONDS        how often every machine is looked at again (default 300)
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
  if ((values['tls-certificate'] === undefined) !== (values['tls-key'] === undefined)) {
    throw new NamedError('invalid-input', 'give --tls-certificate and --tls-key together');
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
    store:
      etcd === undefined
        ? { kind: 'embedded', path: `${state}/signet.db` }
        : { kind: 'etcd', options: etcdFlags(etcd, values) },
    windowSeconds: seconds('--window', values.window ?? '60'),
    probeSeconds: seconds('--probe', values.probe ?? '15'),
    sweepSeconds: seconds('--sweep', values.sweep ?? '300'),
  };
}

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
  const match = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(value);
  const port = Number(match?.[2]);
  if (!match?.[1] || port > 65_535) throw new NamedError('invalid-input', `--listen takes HOST:PORT, not "${value}"`);
  return { host: match[1], port };
}

function seconds(name: string, value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1)
    throw new NamedError('invalid-input', `${name} takes a whole number of seconds, not "${value}"`);
  return number;
}

function etcdFlags(hosts: string, values: ReturnType<typeof read>): EtcdFlags {
  return {
    hosts: hosts.split(','),
    prefix: values['etcd-prefix'] ?? 'signet/',
    ...(values['etcd-ca'] === undefined ? {} : { ca: values['etcd-ca'] }),
    ...(values['etcd-certificate'] === undefined ? {} : { certificate: values['etcd-certificate'] }),
    ...(values['etcd-key'] === undefined ? {} : { key: values['etcd-key'] }),
    ...(values['etcd-user'] === undefined ? {} : { user: values['etcd-user'] }),
    ...(values['etcd-password-file'] === undefined ? {} : { passwordFile: values['etcd-password-file'] }),
  };
}
