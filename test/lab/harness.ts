/** Real gateways for a test file: a lab of its own, ways into them over real ssh, and the outside check of a mail gateway. */
import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Why a test that needs a lab cannot run here; false when it can. */
export const skipLab: string | false =
  process.getuid?.() !== 0
    ? 'needs root: gateways are made of namespaces and mounts'
    : ['/usr/sbin/postfix', '/usr/sbin/sshd', '/usr/bin/ssh', '/usr/sbin/ip'].some(
          (path) => spawnSync('test', ['-x', path]).status !== 0,
        )
      ? 'needs Postfix, OpenSSH and iproute2: run "npm run setup"'
      : false;

export interface Gateway {
  readonly name: string;
  readonly address: string;
  readonly hostname: string;
  /** The administrator's private key: opens root on every gateway of the lab. */
  readonly key: string;
  /** Where its disk is on the host; what it changed is under `upper/`. */
  readonly disk: string;
  /** Runs a shell script inside as root, without ssh; the output, or an error with what it said. */
  inside(script: string): Promise<string>;
  /** A power cut; everything ends at once. */
  kill(): Promise<void>;
  start(): Promise<void>;
  link(state: 'up' | 'down'): Promise<void>;
}

export interface Lab {
  readonly gateways: readonly Gateway[];
  down(): Promise<void>;
}

/** Starts `count` fresh gateways; what a crashed run of this checkout left under the same id is removed first. */
export async function startLab(id: string, count: number): Promise<Lab> {
  const lab = labCommand(id);
  await lab('down');
  await lab('up', String(count));
  const listed = JSON.parse(await lab('list', '--json')) as readonly Pick<
    Gateway,
    'name' | 'address' | 'hostname' | 'key' | 'disk'
  >[];
  return {
    gateways: listed.map(({ name, address, hostname, key, disk }) => ({
      name,
      address,
      hostname,
      key,
      disk,
      inside: (script) => lab('exec', name, 'sh', '-c', script),
      kill: async () => {
        await lab('kill', name);
      },
      start: async () => {
        await lab('start', name);
      },
      link: async (state) => {
        await lab('link', name, state);
      },
    })),
    down: async () => {
      // A client whose gateway is gone would wait for it.
      for (const client of clients) client.kill('SIGKILL');
      await lab('down');
    },
  };
}

/** The lab command for one lab. Its name carries the checkout, so that two of them can run their tests at once. */
export function labCommand(id: string): (...args: string[]) => Promise<string> {
  const env = { ...process.env, SIGNET_LAB: labName(id) };
  return async (...args) => (await run('deploy/lab/lab', args, { env })).stdout;
}

export function labName(id: string): string {
  return `${id}-${createHash('sha256').update(process.cwd()).digest('hex').slice(0, 4)}`;
}

export interface Login {
  readonly user?: string;
  /** Path of the private key; the administrator's by default. */
  readonly key?: string;
}

/** A command running on a gateway over ssh. */
export interface Session {
  write(data: string | Buffer): void;
  /** Ends standard input. */
  end(data?: string | Buffer): void;
  /** The next line of the answer, undefined at its end. */
  line(): Promise<string | undefined>;
  /** The rest of the answer and the exit status; 255 is ssh's own, as when the connection broke. */
  result(): Promise<Result>;
  /** Ends the client without a goodbye. */
  cut(): void;
}

export interface Result {
  readonly status: number | null;
  readonly lines: readonly string[];
  readonly stderr: string;
}

const sshOptions = [
  'UserKnownHostsFile=/dev/null',
  'StrictHostKeyChecking=no',
  'LogLevel=ERROR',
  'BatchMode=yes',
  'IdentitiesOnly=yes',
];

const clients = new Set<ChildProcessWithoutNullStreams>();

export function ssh(gateway: Gateway, command: string, { user = 'root', key = gateway.key }: Login = {}): Session {
  const options = sshOptions.flatMap((option) => ['-o', option]);
  return session(spawn('ssh', ['-F', 'none', ...options, '-i', key, `${user}@${gateway.address}`, command]));
}

function session(child: ChildProcessWithoutNullStreams): Session {
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const exited = new Promise<number | null>((resolve) => child.on('close', resolve));
  clients.add(child);
  child.on('close', () => clients.delete(child));
  const stderr = text(child.stderr);
  // The gateway may answer and leave before it has read everything.
  child.stdin.on('error', () => undefined);
  const line = async (): Promise<string | undefined> => {
    const next = await lines.next();
    return next.done ? undefined : next.value;
  };
  return {
    write: (data) => void child.stdin.write(data),
    end: (data) => void child.stdin.end(data),
    line,
    async result() {
      const rest: string[] = [];
      for (let next = await line(); next !== undefined; next = await line()) rest.push(next);
      return { status: await exited, lines: rest, stderr: await stderr };
    },
    cut: () => void child.kill('SIGKILL'),
  };
}

/** Greets, and hands in a mail to postmaster: the gateway must accept it. Fails with the answer it gave instead. */
export async function acceptsMail({ address, hostname }: Gateway, port = 25): Promise<void> {
  const socket = connect({ host: address, port, timeout: 10_000 });
  socket.once('timeout', () => socket.destroy(new Error(`no answer from ${address}:${port} within 10 seconds`)));
  await once(socket, 'connect');
  // From here on, an error ends the replies, and the next expectation says where.
  socket.on('error', () => undefined);
  const replies = smtpReplies(socket);
  const expect = async (code: string, what: string): Promise<void> => {
    const reply = await replies.next();
    assert.match(String(reply.value), new RegExp(`^${code} `), `${address}:${port} after ${what}`);
  };
  await expect('220', 'connecting');
  for (const [command, code] of [
    ['EHLO tester.example.test', '250'],
    ['MAIL FROM:<>', '250'],
    [`RCPT TO:<postmaster@${hostname}>`, '250'],
    ['DATA', '354'],
    ['Subject: outside check\r\n\r\nStill here?\r\n.', '250'],
    ['QUIT', '221'],
  ] as const) {
    socket.write(`${command}\r\n`);
    await expect(code, command.slice(0, 30));
  }
  socket.destroy();
}

/** The last line of each reply (RFC 5321 4.2.1). */
async function* smtpReplies(socket: Socket): AsyncGenerator<string> {
  for await (const line of createInterface({ input: socket })) if (/^\d{3}( |$)/.test(line)) yield line;
}
