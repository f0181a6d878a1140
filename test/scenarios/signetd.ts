/** A real `signetd` as a process of its own: started, told to end, killed and started again, and spoken to over REST as by any client. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import type { Problem } from '../../services/schema/types.generated.ts';

const program = fileURLToPath(new URL('../../services/controller/main.js', import.meta.url));

export interface SignetdOptions {
  /** After how long a gateway reverts what was not confirmed. */
  readonly windowSeconds?: number;
  /** How long a listener may take to serve what was sent. */
  readonly probeSeconds?: number;
  /** Further flags, such as those of etcd. */
  readonly flags?: readonly string[];
  /** Another controller of the same store: it has its master key, and takes the same token. */
  readonly beside?: Signetd;
}

export interface Signetd {
  /** Its state folder; the log of all its runs is beside the store, in `log`. */
  readonly state: string;
  /** Every body it has answered with. */
  readonly answers: readonly string[];
  pid(): number;
  log(): string;
  /** What the command line needs to find it. */
  environment(): Readonly<Record<'HOME' | 'SIGNET_URL' | 'SIGNETD_STATE', string>>;
  /** One request below /api/v1 as the first administrator; fails with `Refused` when it is answered with a problem. */
  api<Answer>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<Answer>;
  /** Starts it again on the same state; waits until it answers. */
  start(): Promise<void>;
  /** kill -9 */
  kill(): Promise<void>;
  /** Tells it to end and waits until it has; its exit code. */
  stop(): Promise<number | null>;
  signal(name: 'SIGSTOP' | 'SIGCONT'): void;
  /** Kills it and removes its state. */
  remove(): Promise<void>;
}

/** What the controller answered instead. */
export class Refused extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(`${problem.status} ${problem.title}: ${problem.detail ?? ''} ${JSON.stringify(problem.errors ?? [])}`);
    this.name = 'Refused';
    this.problem = problem;
  }
}

/** Starts a controller in a new state folder, on a port of the system's choice. */
export async function startSignetd({
  windowSeconds = 10,
  probeSeconds = 6,
  flags = [],
  beside,
}: SignetdOptions = {}): Promise<Signetd> {
  const state = mkdtempSync(join(tmpdir(), 'signet-scenario-'));
  const times = ['--window', String(windowSeconds), '--probe', String(probeSeconds)];
  const args = [program, '--state', state, '--listen', '127.0.0.1:0', ...times, ...flags];
  const answers: string[] = [];
  let child: ChildProcess | undefined;

  const log = () => readFileSync(join(state, 'log'), 'utf8');
  const url = () => readFileSync(join(state, 'url'), 'utf8').trim();
  const token = () => readFileSync(join(state, 'admin-token'), 'utf8').trim();
  const killAtExit = () => child?.kill('SIGKILL');

  async function start(): Promise<void> {
    const output = openSync(join(state, 'log'), 'a');
    rmSync(join(state, 'url'), { force: true });
    const started = spawn(process.execPath, args, { stdio: ['ignore', output, output] });
    child = started;
    for (let tries = 0; !existsSync(join(state, 'url')) || url() === ''; tries += 1) {
      assert.ok(started.exitCode === null && tries < 600, `signetd did not start:\n${log()}`);
      await sleep(50);
    }
  }

  async function end(signal: NodeJS.Signals): Promise<number | null> {
    if (child?.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const gone = once(child, 'exit') as Promise<[number | null]>;
    child.kill(signal);
    return (await gone)[0];
  }

  for (const secret of ['master-key', 'admin-token'])
    if (beside) copyFileSync(join(beside.state, secret), join(state, secret));
  process.once('exit', killAtExit);
  await start();
  return {
    state,
    answers,
    log,
    start,
    pid: () => child?.pid ?? 0,
    environment: () => ({ HOME: state, SIGNET_URL: url(), SIGNETD_STATE: state }),
    async api<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
      const response = await fetch(`${url()}/api/v1${path}`, {
        method,
        signal: AbortSignal.timeout(60_000),
        headers: { authorization: `Bearer ${token()}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      answers.push(text);
      if (!response.ok) throw new Refused(JSON.parse(text) as Problem);
      return (text === '' ? undefined : JSON.parse(text)) as Answer;
    },
    async kill() {
      await end('SIGKILL');
    },
    stop: () => end('SIGTERM'),
    signal: (name) => void child?.kill(name),
    async remove() {
      await end('SIGKILL');
      process.off('exit', killAtExit);
      rmSync(state, { recursive: true, force: true });
    },
  };
}
