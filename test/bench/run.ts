/** Programs that the benchmark starts: each in a process group of its own, so that an end to the benchmark is an end to all of them. */
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { text } from 'node:stream/consumers';

const running = new Set<ChildProcess>();

export interface Environment {
  readonly env?: NodeJS.ProcessEnv;
  /** Text for standard input; nothing without it. */
  readonly input?: string;
}

/** The output of a program that must succeed; an error has what it said. */
export async function run(command: string, args: readonly string[], options: Environment = {}): Promise<string> {
  const { env, input } = options;
  const child = start(command, args, env, ['pipe', 'pipe', 'pipe']);
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input ?? '');
  const [output, said, status] = await Promise.all([
    child.stdout ? text(child.stdout) : '',
    child.stderr ? text(child.stderr) : '',
    new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    }),
  ]);
  if (status !== 0) throw new Error(`${command} ${args.slice(0, 3).join(' ')} ended with ${status}: ${said}${output}`);
  return output;
}

/** A program that runs until `stop`, writing to `log`. */
export function daemon(command: string, args: readonly string[], log: string): ChildProcess {
  const file = openSync(log, 'a');
  try {
    return start(command, args, undefined, ['ignore', file, file]);
  } finally {
    closeSync(file);
  }
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

/** Ends everything at once: for an interrupted benchmark. */
export function stopAll(): void {
  for (const { pid } of running) {
    try {
      if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    } catch {
      // It ended by itself meanwhile.
    }
  }
}

function start(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv | undefined,
  stdio: StdioOptions,
): ChildProcess {
  const child = spawn(command, args, { detached: true, stdio, ...(env ? { env: { ...process.env, ...env } } : {}) });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}
