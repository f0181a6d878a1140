/** How to reach etcd, checked before anything is sent. */
import { NamedError } from '../../errors.ts';

export interface EtcdOptions {
  /** Such as `https://etcd1.example.test:2379`; all of one cluster, all https or all http. Names rather than addresses for TLS. */
  readonly hosts: readonly string[];
  /** The CA certificates that etcd's certificate is checked against, PEM; the system's when left out. */
  readonly ca?: string;
  /** The client certificate (chain) for mutual TLS, PEM. */
  readonly certificate?: string;
  /** Its private key, PEM. */
  readonly key?: string;
  readonly user?: string;
  readonly password?: string;
  /** All keys live under it; at most 64 bytes. */
  readonly prefix?: string;
  /** How long one operation may take, another endpoint and reading back included. */
  readonly timeoutSeconds?: number;
}

export const defaultPrefix = 'signet/';
/** An election among etcd's members takes 1 to 3 seconds by its defaults; a lost member's calls took 4.0 in tests. */
export const defaultTimeoutSeconds = 10;

/** Throws `invalid-input` when the options contradict each other or would send a password in clear over a network. */
export function checkOptions({ hosts, ca, certificate, key, user, password }: EtcdOptions): void {
  const urls = hosts.map(parseHost);
  const secure = urls.filter(({ protocol }) => protocol === 'https:').length;
  if (urls.length === 0) throw new NamedError('invalid-input', 'no etcd host was given; name at least one');
  if (secure !== 0 && secure !== urls.length) {
    throw new NamedError('invalid-input', 'the etcd hosts mix http and https; use https for all of them');
  }
  if ((certificate === undefined) !== (key === undefined)) {
    throw new NamedError(
      'invalid-input',
      'a client certificate for etcd needs its key, and a key its certificate; give both',
    );
  }
  if ((user === undefined) !== (password === undefined)) {
    throw new NamedError('invalid-input', 'a user for etcd needs a password, and a password a user; give both');
  }
  if (secure === 0 && (ca ?? certificate) !== undefined) {
    throw new NamedError(
      'invalid-input',
      'certificates for etcd were given but its hosts are http; write them as https://',
    );
  }
  if (secure === 0 && user !== undefined && !urls.every(isLoopback)) {
    throw new NamedError(
      'invalid-input',
      'the password for etcd would go over the network in clear; write its hosts as https://',
    );
  }
}

function parseHost(host: string): URL {
  const url = URL.canParse(host) ? new URL(host) : undefined;
  if (url && ['http:', 'https:'].includes(url.protocol) && url.pathname === '/' && url.username === '') return url;
  // The text may hold a password, so it is not repeated.
  throw new NamedError(
    'invalid-input',
    'an etcd host is not of the form https://HOST:PORT; user and password are given apart',
  );
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}
