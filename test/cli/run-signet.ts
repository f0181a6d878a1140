/** Runs the real `signet` binary as a process of its own, with or without a terminal. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

import type { Step } from './scenario.ts';

export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number | null;
}

const binary = fileURLToPath(new URL('../../services/cli/main.js', import.meta.url));

export async function runSignet(step: Step, folder: string, env: Readonly<Record<string, string>>): Promise<Ran> {
  const words = step.line.replace(/^signet/, `${process.execPath} ${binary}`);
  const { terminal } = step;
  // script(1) is the smallest way to a pseudo terminal; -e hands on the exit code.
  const command = terminal
    ? `exec script -qefc ${quote(`stty cols ${terminal.columns} rows ${terminal.rows}; ${words}`)} /dev/null`
    : `exec ${words}`;
  const child = spawn('sh', ['-c', command], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', ...env, ...step.env },
  });
  const ran = { stdout: '', stderr: '' };
  const reactions = [...step.reactions];
  let seen = '';
  const react = (chunk: string) => {
    seen += stripVTControlCharacters(chunk);
    const [next] = reactions;
    if (!next || !seen.includes(next.after)) return;
    reactions.shift();
    seen = seen.slice(seen.indexOf(next.after) + next.after.length);
    if (next.type !== undefined) child.stdin.write(next.type);
    else if (terminal) child.stdin.write('\u0003');
    else child.kill('SIGINT');
    react('');
  };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    ran.stdout += chunk;
    react(chunk);
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    ran.stderr += chunk;
    react(chunk);
  });
  if (!terminal) child.stdin.end(step.input);
  const limit = setTimeout(() => child.kill('SIGKILL'), 30_000);
  const exit = await new Promise<number | null>((resolve) => child.on('close', resolve));
  clearTimeout(limit);
  return { ...ran, exit };
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
