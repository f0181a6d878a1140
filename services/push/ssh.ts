/** SSH as Signet uses it: a pinned host key, modern algorithms, no Nagle, keepalive. The only importer of ssh2 but for SFTP. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Duplex } from 'node:stream';
import ssh2, { type Client, type ClientChannel, type ConnectConfig } from 'ssh2';

import { NamedError } from '../errors.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface Login {
  readonly user: string;
  readonly privateKey?: string;
  readonly passphrase?: string;
  readonly password?: string;
}

/** One authenticated connection to one machine. */
export interface Connection {
  /** Opens a session channel and runs `command` in it. */
  exec(command: string): Promise<Session>;
  /** A TCP stream from the machine to an address or name, as the key's permitopen allows; `unreachable` otherwise. */
  forward(to: Address): Promise<Duplex>;
  /** Aborts when the connection is gone, for whatever reason. */
  readonly lost: AbortSignal;
  close(): void;
}

/** A running command. `done` resolves with its exit status, or undefined when the channel closed without one: unknown. */
export interface Session {
  readonly stream: Duplex;
  readonly stderr: () => string;
  readonly done: Promise<number | undefined>;
}

const readyTimeoutMilliseconds = 15_000;
const keepaliveMilliseconds = 10_000;

// OpenSSH 7.4 and later speak all of these. Group exchange is left out: it can hold up the event loop for seconds.
const hostKeyAlgorithms = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
} as const;

function algorithms(hostKeyType: keyof typeof hostKeyAlgorithms | undefined): NonNullable<ConnectConfig['algorithms']> {
  return {
    kex: ['curve25519-sha256', 'curve25519-sha256@libssh.org', 'ecdh-sha2-nistp256', 'ecdh-sha2-nistp384'],
    serverHostKey: hostKeyType ? [...hostKeyAlgorithms[hostKeyType]] : Object.values(hostKeyAlgorithms).flat(),
    cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'chacha20-poly1305@openssh.com', 'aes256-ctr'],
    hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256'],
  };
}

/** `SHA256:...`, as `ssh-keygen -l` prints it. */
export function fingerprint(hostKey: string): string {
  const digest = createHash('sha256').update(Buffer.from(hostKey.split(' ')[1] ?? '', 'base64'));
  return `SHA256:${digest.digest('base64').replace(/=+$/, '')}`;
}

/** Asks a machine for its host key, without logging in; `TYPE BASE64` as in known_hosts(5). */
export async function readHostKey(at: Address): Promise<string> {
  const client = new ssh2.Client();
  return new Promise((resolve, reject) => {
    let key: string | undefined;
    client.on('error', (error) => (key === undefined ? reject(unreachable(at, error)) : resolve(key)));
    client.on('close', () => (key === undefined ? reject(unreachable(at)) : resolve(key)));
    client.connect({
      ...at,
      username: 'signet',
      readyTimeout: readyTimeoutMilliseconds,
      algorithms: algorithms(undefined),
      hostVerifier: (bytes: Buffer) => {
        key = `${keyType(bytes)} ${bytes.toString('base64')}`;
        return false;
      },
    });
  });
}

/** Connects and logs in. The host key must be the pinned one; anything else is `host-key-mismatch`, never a question. */
export async function connect(at: Address, login: Login, pinned: string): Promise<Connection> {
  return connection(await dial(at, login, pinned), at);
}

/** The same, for another adapter. */
export async function dial(at: Address, login: Login, pinned: string): Promise<Client> {
  const client = new ssh2.Client();
  const expected = Buffer.from(pinned.split(' ')[1] ?? '', 'base64');
  let mismatch: string | undefined;
  await new Promise<void>((resolve, reject) => {
    client.once('ready', resolve);
    client.once('error', (error) => {
      reject(mismatch === undefined ? loginFailure(at, login, error) : hostKeyMismatch(at, pinned, mismatch));
    });
    client.once('close', () => reject(unreachable(at)));
    client.connect({
      ...at,
      username: login.user,
      ...(login.privateKey === undefined ? {} : { privateKey: login.privateKey }),
      ...(login.passphrase === undefined ? {} : { passphrase: login.passphrase }),
      ...(login.password === undefined ? {} : { password: login.password }),
      // Skips the round trip that asks which methods there are (RFC 4252 5.2).
      authHandler: login.privateKey === undefined ? ['password'] : ['publickey'],
      readyTimeout: readyTimeoutMilliseconds,
      keepaliveInterval: keepaliveMilliseconds,
      keepaliveCountMax: 3,
      algorithms: algorithms(knownType(pinned)),
      hostVerifier: (bytes: Buffer) => {
        if (bytes.length === expected.length && timingSafeEqual(bytes, expected)) return true;
        mismatch = `${keyType(bytes)} ${bytes.toString('base64')}`;
        return false;
      },
    });
    // Nagle with delayed acknowledgement costs 40 ms a request (measured: 57 ms an exec with it, 15 ms without).
    client.setNoDelay(true);
  });
  // An error after 'ready' is always followed by 'close'; without a listener it would end the process.
  client.on('error', () => undefined);
  return client;
}

/** A key to log in with: the private key in OpenSSH form, the public key as a line of authorized_keys. */
export interface SshKey {
  readonly privateKey: string;
  readonly publicKey: string;
}

/** A new ed25519 key pair. ssh2 writes some three in a thousand so that nothing can read them, itself included: these are not returned. */
export function newKeyPair(comment: string): SshKey {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment });
    if (ssh2.utils.parseKey(pair.private) instanceof Error) continue;
    return { privateKey: pair.private, publicKey: pair.public };
  }
}

/** The line of authorized_keys that belongs to a private key. */
export function publicKeyOf(privateKey: string, comment: string): string {
  const parsed = ssh2.utils.parseKey(privateKey);
  if (parsed instanceof Error)
    throw new NamedError('invalid-input', `the SSH key cannot be read: ${parsed.message}`, { cause: parsed });
  return `${parsed.type} ${parsed.getPublicSSH().toString('base64')} ${comment}`;
}

function connection(client: Client, at: Address): Connection {
  const gone = new AbortController();
  client.on('close', () => gone.abort());
  return {
    lost: gone.signal,
    close: () => client.end(),
    exec: (command) =>
      settle(
        (error) => unreachable(at, error),
        (done) => client.exec(command, (error, channel) => done(error, error ? undefined : session(channel))),
      ),
    forward: (to) =>
      settle(
        (error) => notForwarded(at, to, error),
        (done) => client.forwardOut('127.0.0.1', 0, to.host, to.port, done),
      ),
  };
}

/** ssh2 throws at once when the connection is already gone, and never answers when it goes away meanwhile. */
function settle<T>(
  failure: (error: unknown) => NamedError,
  start: (done: (error: Error | undefined, value: T | undefined) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    try {
      start((error, value) => (value === undefined ? reject(failure(error)) : resolve(value)));
    } catch (error) {
      reject(failure(error));
    }
  });
}

function session(channel: ClientChannel): Session {
  let stderr = '';
  channel.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString('utf8')).slice(-4000)));
  channel.on('error', () => undefined);
  const done = new Promise<number | undefined>((resolve) => {
    let status: number | undefined;
    channel.on('exit', (code: number | null) => (status = code ?? undefined));
    channel.on('close', () => resolve(status));
  });
  return { stream: channel, stderr: () => stderr, done };
}

function keyType(bytes: Buffer): string {
  return bytes.subarray(4, 4 + bytes.readUInt32BE(0)).toString('ascii');
}

function knownType(pinned: string): keyof typeof hostKeyAlgorithms | undefined {
  const type = pinned.split(' ')[0] ?? '';
  return Object.hasOwn(hostKeyAlgorithms, type) ? (type as keyof typeof hostKeyAlgorithms) : undefined;
}

export function unreachable(at: Address, cause?: unknown): NamedError {
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  return new NamedError(
    'unreachable',
    `${at.host} port ${at.port} cannot be reached over SSH${why}; check that it is up`,
    {
      transient: true,
      cause,
    },
  );
}

/** The reasons of RFC 4254 5.1: 1 is for what the key may not, 2 for what did not work. */
function notForwarded(at: Address, to: Address, cause: unknown): NamedError {
  const reason = cause instanceof Error && 'reason' in cause ? cause.reason : undefined;
  if (reason === undefined) return unreachable(at, cause);
  const why = cause instanceof Error ? cause.message.replace('(SSH) Channel open failure: ', '') : '';
  return new NamedError(
    'unreachable',
    reason === 1
      ? `the SSH server of ${at.host} does not let the controller connect to ${to.host} port ${to.port} from there; push to the machine once, so that its key line is renewed`
      : `${to.host} port ${to.port} cannot be reached from ${at.host} (${why})`,
    { transient: true, cause },
  );
}

function loginFailure(at: Address, login: Login, error: Error): NamedError {
  if ('level' in error && error.level === 'client-authentication') {
    return new NamedError('login-refused', `${at.host} refuses the login of ${login.user}; check its user and key`, {
      cause: error,
    });
  }
  return unreachable(at, error);
}

function hostKeyMismatch(at: Address, pinned: string, found: string): NamedError {
  return new NamedError(
    'host-key-mismatch',
    `${at.host} shows the host key ${fingerprint(found)} but ${fingerprint(pinned)} is pinned; nothing was sent; ` +
      `find out whether it was reinstalled or is another machine, then let it leave and join again`,
    { facts: { pinned: fingerprint(pinned), found: fingerprint(found) } },
  );
}
