/** The command line as an administrator types it: the real `signet` against a real controller, and openssl beside it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import type { Gateway } from '../lab/harness.ts';
import type { Signetd } from './signetd.ts';

const signetProgram = fileURLToPath(new URL('../../services/cli/main.js', import.meta.url));
const signetdProgram = fileURLToPath(new URL('../../services/controller/main.js', import.meta.url));

export interface Ran {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Cli {
  run(...words: readonly string[]): Promise<Ran>;
  /** Must exit with 0; the output. */
  done(...words: readonly string[]): Promise<string>;
  /** Must exit with this code; what it said. */
  fails(exit: number, ...words: readonly string[]): Promise<string>;
  /** With --json, must exit with 0; the document. */
  json<T>(...words: readonly string[]): Promise<T>;
}

/** `signet` for one controller, wherever that listens at the moment. */
export function cli(signetd: Signetd): Cli {
  const typed = async (exit: number, words: readonly string[]): Promise<Ran> => {
    const ran = await program(signetProgram, words, signetd.environment());
    assert.equal(ran.exit, exit, `$ signet ${words.join(' ')}\n${ran.stdout}${ran.stderr}`);
    return ran;
  };
  const done = async (...words: readonly string[]) => (await typed(0, words)).stdout;
  return {
    run: (...words) => program(signetProgram, words, signetd.environment()),
    done,
    fails: async (exit, ...words) => (await typed(exit, words)).stderr,
    json: async <T>(...words: readonly string[]) => JSON.parse(await done(...words, '--json')) as T,
  };
}

/** Runs `signetd` to its end, as when it refuses to start. */
export function runSignetd(...words: readonly string[]): Promise<Ran> {
  return program(signetdProgram, words, {});
}

function program(path: string, words: readonly string[], env: Readonly<Record<string, string>>): Promise<Ran> {
  return execute(process.execPath, [path, ...words], env);
}

function execute(path: string, words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env['PATH'] ?? '', ...env }, timeout: 120_000, maxBuffer: 2 ** 26 };
    const child = execFile(path, [...words], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      resolve({ exit: typeof code === 'number' ? code : -1, stdout, stderr });
    });
    child.stdin?.end();
  });
}

/** The fingerprint of a gateway's host key, read on the gateway itself. */
export async function hostKeyOf({ inside }: Gateway): Promise<string> {
  return (await inside('ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub')).split(' ')[1] ?? '';
}

/** The words that let a gateway join without a question. */
export async function joinWords(gateway: Gateway): Promise<readonly string[]> {
  const { name, address, key } = gateway;
  const login = ['--host', address, '--identity', key];
  return ['machine', 'join', name, ...login, '--yes', '--host-key', await hostKeyOf(gateway)];
}

/** The SHA-256 fingerprint of the leaf that a gateway serves over STARTTLS, as openssl sees it; empty when it serves none. */
export async function served({ address }: Pick<Gateway, 'address'>, port = 25): Promise<string> {
  const connect = `openssl s_client -starttls smtp -connect ${address}:${port} </dev/null 2>/dev/null`;
  const { stdout } = await execute('sh', ['-c', `${connect} | openssl x509 -noout -fingerprint -sha256`]);
  return (stdout.split('=')[1] ?? '').trim().replaceAll(':', '').toLowerCase();
}

/** Makes a gateway what a fresh system from the installer's disk is, but for Postfix: other host keys, nothing of Signet's. */
export async function reinstall({ inside }: Gateway): Promise<void> {
  await inside(`rm -rf /var/lib/signet /usr/local/lib/signet /etc/ssh/ssh_host_*
    sed -i '/ signet$/d' /root/.ssh/authorized_keys
    ssh-keygen -qt ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
    kill $(cat /run/sshd.pid) && /usr/sbin/sshd`);
}
