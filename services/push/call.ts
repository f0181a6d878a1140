/** One verb of a gateway: its command, its input, its whole answer (docs/gateway-protocol.md). */
import { NamedError } from '../errors.ts';
import { readReport, type Report } from './answer.ts';
import { patiently } from './patience.ts';
import { answerReader } from './reader.ts';
import type { Connection } from './ssh.ts';

/** How to run a command as root over the administrator's login. */
export interface Elevation {
  readonly user: string;
  /** For sudo, when it asks; goes over standard input, never into an argument. */
  readonly password?: string;
}

/** Runs a verb and reads its whole answer; a refusal is thrown, and so is an answer that breaks off. */
export async function call(connection: Connection, command: string, input = ''): Promise<Report> {
  const session = await connection.exec(command);
  session.stream.end(input);
  const answered = async () => [await readReport(answerReader(session.stream)), await session.done] as const;
  const [report, status] = await patiently(answered(), [undefined, undefined]);
  if (!report) session.stream.destroy();
  const refused = report?.values.get('refused')?.[0];
  if (refused !== undefined) {
    const [code = '', ...words] = refused.split(' ');
    throw new NamedError('gateway-refused', `the gateway refuses ${verbOf(command)}: ${words.join(' ')}`, {
      facts: { reason: code },
      transient: code === 'busy',
    });
  }
  if (!report) {
    const said = session.stderr().trim().split('\n').at(-1) ?? '';
    throw new NamedError(
      'push-unknown',
      `the answer to ${verbOf(command)} broke off${said === '' ? '' : `: ${said}`}; try again`,
      {
        transient: status === undefined,
      },
    );
  }
  return report;
}

/** A password goes only to a sudo that asks for one: any other leaves it to the shell, which would run it as a command. */
export async function elevated(
  connection: Connection,
  command: string,
  { user, password }: Elevation,
): Promise<{ readonly command: string; readonly preamble: string }> {
  if (user === 'root') return { command, preamble: '' };
  if (password === undefined || (await succeeds(connection, 'sudo -n true'))) {
    return { command: `sudo -n ${command}`, preamble: '' };
  }
  return { command: `sudo -S -p '' ${command}`, preamble: `${password}\n` };
}

async function succeeds(connection: Connection, command: string): Promise<boolean> {
  const session = await connection.exec(command);
  session.stream.resume().end();
  return (await session.done) === 0;
}

/** The verb in a command, for messages: the words of `sh -s install` and sudo say nothing to an operator. */
function verbOf(command: string): string {
  return /\b(facts|install|upgrade|flatten|leave|confirm|revert|status|log|digests)\b/.exec(command)?.[1] ?? command;
}

/** The one value of a key; throws `unsupported-gateway` where the answer lacks it. */
export function value({ values }: Report, key: string): string {
  const found = values.get(key)?.[0];
  if (found === undefined)
    throw new NamedError(
      'unsupported-gateway',
      `the gateway's answer lacks "${key}"; its script may be older than this controller`,
    );
  return found;
}
