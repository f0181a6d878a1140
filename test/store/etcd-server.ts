/** A real etcd server on free ports with its data in a temporary folder. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const program = '/usr/bin/etcd';

/** What a test that needs etcd passes as `skip`. */
export const withoutEtcd: string | false = missing();

export interface EtcdServer {
  readonly port: number;
  /** Its address, by name as a certificate has it. */
  readonly url: string;
  /** Stops it from answering, with its connections left open, as a hung or partitioned member. */
  freeze(): void;
  thaw(): void;
  kill(): Promise<void>;
  /** Kills it and starts it again on the same data and port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Runs etcdctl as an administrator would. */
export function etcdctl(server: EtcdServer, ...args: readonly string[]): string {
  const env = { ...process.env, ETCDCTL_API: '3' };
  return execFileSync('/usr/bin/etcdctl', ['--endpoints', server.url, ...args], {
    env,
    encoding: 'utf8',
    stdio: 'pipe',
  });
}

export interface TlsFiles {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** Starts etcd; with `tls` it wants client certificates of the same CA. */
export async function etcdServer(tls?: TlsFiles): Promise<EtcdServer> {
  const [port, peerPort] = [await freePort(), await freePort()];
  return member(port, peerPort, [], tls);
}

/** Starts three members of one cluster. */
export async function etcdCluster(): Promise<readonly EtcdServer[]> {
  const ports = await Promise.all(Array.from({ length: 6 }, freePort));
  const members = ports.slice(0, 3).map((port, n) => ({ name: `m${n}`, port, peerPort: ports[n + 3] ?? 0 }));
  const all = members.map(({ name, peerPort }) => `${name}=http://127.0.0.1:${peerPort}`).join(',');
  return Promise.all(
    members.map(({ name, port, peerPort }) =>
      member(port, peerPort, [
        ...['--name', name, '--initial-cluster', all],
        ...['--initial-advertise-peer-urls', `http://127.0.0.1:${peerPort}`],
      ]),
    ),
  );
}

async function member(port: number, peerPort: number, cluster: readonly string[], tls?: TlsFiles): Promise<EtcdServer> {
  const folder = mkdtempSync(join(tmpdir(), 'signet-etcd-'));
  const scheme = tls ? 'https' : 'http';
  const url = `${scheme}://localhost:${port}`;
  const args = [
    ...['--data-dir', folder, '--listen-client-urls', `${scheme}://127.0.0.1:${port}`, '--advertise-client-urls', url],
    ...['--listen-peer-urls', `http://127.0.0.1:${peerPort}`, '--logger', 'zap', '--log-level', 'error'],
    // What etcd does for its own durability is not under test, and the disk is shared.
    '--unsafe-no-fsync',
    ...(tls ? ['--client-cert-auth', '--trusted-ca-file', tls.ca, '--cert-file', tls.certificate] : []),
    ...(tls ? ['--key-file', tls.key] : []),
    ...cluster,
  ];
  let child = await start(args, port);
  return {
    port,
    url,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    kill: () => kill(child),
    async restart() {
      await kill(child);
      child = await start(args, port);
    },
    async stop() {
      await kill(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function start(args: readonly string[], port: number): Promise<ChildProcess> {
  const child = spawn(program, args, { stdio: 'ignore' });
  process.once('exit', () => child.kill('SIGKILL'));
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await answers(port)) return child;
    if (child.exitCode !== null) break;
    await pause(50);
  }
  child.kill('SIGKILL');
  throw new Error(`etcd did not start (exit code ${String(child.exitCode)}): ${args.join(' ')}`);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const answer = (yes: boolean) => () => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('connect', answer(true));
    socket.once('error', answer(false));
  });
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function missing(): string | false {
  try {
    accessSync(program, constants.X_OK);
    return false;
  } catch {
    return `${program} is not installed; run "npm run setup"`;
  }
}
