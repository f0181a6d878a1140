/** Asks on the terminal. Secrets are read without echo, from a file or from standard input, and never from the command line. */
import { readFileSync } from 'node:fs';

import { Failure } from './failure.ts';

export interface Prompt {
  /** Whether there is a person to ask. */
  readonly interactive: boolean;
  /** True for yes; anything but y or yes is no. */
  confirm(question: string): Promise<boolean>;
  ask(question: string): Promise<string>;
  /** Asks without echo. */
  secret(question: string): Promise<string>;
}

export interface SecretSource {
  /** The file it is in; `-` is standard input. */
  readonly file: string | undefined;
  /** What it is, such as `password of root on mx1`; asked for when there is no file. */
  readonly what: string;
  /** The option to name when there is nobody to ask. */
  readonly option: string;
  /** Ask a second time, for a secret that nobody can look up later. */
  readonly twice?: boolean;
}

const notForArguments = /^--(password|passphrase|token|secret)(=|$)/;

/** Refuses secrets as arguments: every user of a machine can read the arguments of every process. */
export function refuseSecrets(argv: readonly string[]): void {
  const end = argv.indexOf('--');
  const found = argv.slice(0, end === -1 ? undefined : end).find((argument) => notForArguments.test(argument));
  const name = found?.split('=')[0];
  if (name === undefined) return;
  const instead =
    name === '--token' || name === '--secret'
      ? 'use SIGNET_TOKEN_FILE'
      : `use ${name}-file FILE (- for standard input), or leave it out to be asked`;
  throw new Failure('usage', `${name} would show the secret to every user of this machine; ${instead}`);
}

export async function readSecret(prompt: Prompt, { file, what, option, twice = false }: SecretSource): Promise<string> {
  if (file !== undefined) return (await readInput(file)).toString('utf8').replace(/\r?\n$/, '');
  if (!prompt.interactive) {
    throw new Failure(
      'usage',
      `the ${what} is needed and there is no terminal to ask on; give it with ${option} FILE (- for standard input)`,
    );
  }
  const question = what.charAt(0).toUpperCase() + what.slice(1);
  const first = await prompt.secret(question);
  if (twice && (await prompt.secret(`${question}, again`)) !== first) {
    throw new Failure('usage', `the ${what} was not the same both times; try again`);
  }
  return first;
}

/** The bytes of a file that a person named; `-` is standard input. */
export async function readInput(file: string): Promise<Buffer> {
  try {
    if (file !== '-') return readFileSync(file);
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array));
    return Buffer.concat(chunks);
  } catch (cause) {
    const { code = 'unknown reason' } = cause as NodeJS.ErrnoException;
    throw new Failure('usage', `${file} cannot be read (${code}); name a file that exists and that you may read`, {
      cause,
    });
  }
}

export function prompt(input: NodeJS.ReadStream, output: NodeJS.WriteStream): Prompt {
  let typedAhead = '';

  async function ask(question: string, hidden = false): Promise<string> {
    // Before the question, so that what is typed at once is not shown either.
    if (hidden) input.setRawMode(true);
    output.write(`${question} `);
    try {
      return await readLine();
    } finally {
      if (hidden) {
        input.setRawMode(false);
        output.write('\n');
      }
      input.pause();
    }
  }

  async function readLine(): Promise<string> {
    while (!ending.test(typedAhead)) {
      const more = await nextInput(input);
      if (more === '') throw new Failure('interrupted', 'the terminal went away; nothing was changed');
      typedAhead += more;
    }
    const end = typedAhead.search(ending);
    const line = typedAhead.slice(0, end);
    const key = typedAhead[end];
    typedAhead = typedAhead.slice(end + 1);
    if (key === '\u0003') throw new Failure('interrupted', 'stopped; nothing was changed');
    return withoutErased(line);
  }

  return {
    interactive: input.isTTY && output.isTTY,
    ask: (question) => ask(`${question}:`),
    secret: (question) => ask(`${question}:`, true),
    confirm: async (question) => /^y(es)?$/i.test((await ask(`${question} [y/N]`)).trim()),
  };
}

// Without echo the terminal is raw, so that Ctrl-C, Ctrl-D and the erase key arrive as characters.
const ending = /[\r\n\u0003\u0004]/;

function withoutErased(line: string): string {
  const shorter = line.replace(/[^\u007f\b][\u007f\b]/u, '');
  return shorter === line ? line.replaceAll(/[\u007f\b]/g, '') : withoutErased(shorter);
}

/** What is typed next; empty at the end of input. */
function nextInput(input: NodeJS.ReadStream): Promise<string> {
  return new Promise((resolve) => {
    const done = (text: string) => {
      input.off('data', onData).off('end', onEnd);
      resolve(text);
    };
    const onData = (chunk: Buffer | string) => done(chunk.toString());
    const onEnd = () => done('');
    input.on('data', onData).on('end', onEnd).resume();
  });
}
