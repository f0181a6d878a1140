/** The verbs of a gateway but push, as functions (docs/gateway-protocol.md). */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { isTransient, NamedError } from '../errors.ts';
import type { Facts, PostfixFacts } from '../schema/types.generated.ts';
import { readReport, type Report } from './answer.ts';
import { patiently } from './patience.ts';
import { livePaths } from './plan.ts';
import type { Link } from './pool.ts';
import { answerReader } from './reader.ts';
import type { Script } from './script.ts';
import type { Connection } from './ssh.ts';

/** Where a gateway says it stands. */
export interface GatewayState {
  /** The current generation, 0 for none, and the digest of its manifest, `-` for none. */
  readonly generation: number;
  readonly digest: string;
  /** The newest generation that there was, also one that was reverted: this number only grows. */
  readonly newest: number;
  /** The highest epoch of a controller that was there; it only grows too. */
  readonly epoch: number;
  /** The generation that waits for its verdict. */
  readonly pending: number | undefined;
  /** Why the last generation that was reverted was, in the gateway's words; empty when the last one was confirmed. */
  readonly reason: string;
  readonly script: string;
}

/** How to run a command as root over the administrator's login. */
export interface Elevation {
  readonly user: string;
  /** For sudo, when it asks; goes over standard input, never into an argument. */
  readonly password?: string;
}

export async function readFacts(connection: Connection, now: Date): Promise<Facts> {
  return factsOf(await call(connection, 'facts'), now);
}

/** Facts of a machine on which nothing is installed yet: the script is only piped through. */
export async function readFactsUninstalled(
  connection: Connection,
  as: Elevation,
  { text }: Script,
  now: Date,
): Promise<Facts> {
  const { command, preamble } = await elevated(connection, 'sh -s facts', as);
  return factsOf(await call(connection, command, preamble + text), now);
}

/**
 * The machine as it was before Signet's first change, which the gateway itself keeps: the facts as they are where nothing was
 * changed yet, or was put back since. Over the administrator's login, as only root may read it.
 */
export async function readOriginal(connection: Connection, as: Elevation, facts: Facts): Promise<Facts> {
  const { postfix } = facts;
  if (!postfix) return facts;
  const { command, preamble } = await elevated(connection, 'sh -s', as);
  const { texts } = await call(connection, command, preamble + printOriginals);
  const { mainCf, masterCf } = livePaths(postfix.configDirectory);
  return {
    ...facts,
    postfix: {
      ...postfix,
      mainCf: texts.get(mainCf) ?? postfix.mainCf,
      masterCf: texts.get(masterCf) ?? postfix.masterCf,
    },
  };
}

/** Every file of `original/` (docs/gateway-protocol.md) in the frames of an answer; whole when its last line is there. */
const printOriginals = `
if cd /var/lib/signet/original 2>/dev/null; then
  find . -type f ! -name '*.new' | while read -r file; do
    printf 'text %s %s\n' "\${file#.}" "$(wc -c <"$file")" && cat "$file" && echo
  done
fi
echo end
`;

/** Installs the script and lets the controller's key in; returns the machine's identity. */
export async function install(
  connection: Connection,
  as: Elevation,
  { installer }: Script,
  publicKey: string,
): Promise<string> {
  const [type = '', key = ''] = publicKey.split(' ');
  const { command, preamble } = await elevated(connection, `sh -s install ${type} ${key}`, as);
  return value(await call(connection, command, preamble + installer), 'identity');
}

/** Takes the identity from a copy of another machine, so that `install` gives it one of its own. */
export async function forgetIdentity(connection: Connection, as: Elevation): Promise<void> {
  const { command, preamble } = await elevated(connection, 'sh -s', as);
  await call(connection, command, `${preamble}rm -f /var/lib/signet/identity && echo end\n`);
}

/** Replaces the gateway's script by this controller's. */
export async function upgrade(connection: Connection, { text }: Script, epoch: number): Promise<void> {
  const bytes = Buffer.from(text);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  await call(connection, 'upgrade', `epoch ${epoch}\nscript ${bytes.length} ${sha256}\n${text}`);
}

/** Whose key and script it is that are installed there. */
export async function readIdentity(connection: Connection): Promise<string> {
  return value(await call(connection, 'status'), 'identity');
}

/**
 * Removes key, script and boot hook; with `restore` the live files go back to what they were before the join. A gateway that has
 * seen a later controller refuses (`stale-epoch`).
 */
export async function uninstall(connection: Connection, restore: boolean, epoch: number): Promise<void> {
  await call(connection, restore ? 'leave restore' : 'leave', `epoch ${epoch}\n`);
}

/** The verdict on a pending generation from a channel of its own; it may have ended the other way before. */
export async function decide(connection: Connection, verdict: 'confirm' | 'revert', generation: number): Promise<void> {
  await call(connection, `${verdict} ${generation}`);
}

export async function readState(connection: Connection): Promise<GatewayState> {
  const report = await call(connection, 'status');
  const [generation = '0', digest = '-'] = value(report, 'current').split(' ');
  const pending = report.values.get('pending')?.[0]?.split(' ')[0] ?? report.values.get('reverting')?.[0];
  const [, ended = '0', ...reason] = report.values.get('outcome')?.[0]?.split(' ') ?? [];
  return {
    generation: Number(generation),
    digest,
    newest: Math.max(Number(generation), Number(ended), Number(pending ?? 0)),
    epoch: Number(value(report, 'epoch')),
    pending: pending === undefined ? undefined : Number(pending),
    reason: reason.join(' '),
    script: value(report, 'script'),
  };
}

/** Asks again and again where the gateway stands; undefined when it could not be asked within `seconds`. */
export async function readStateWithin(link: () => Promise<Link>, seconds: number): Promise<GatewayState | undefined> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await readState((await link()).connection);
    } catch (error) {
      if (!isTransient(error)) throw error;
    }
    if (Date.now() > deadline) return undefined;
    await sleep(1_000);
  }
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
  return /\b(facts|install|upgrade|leave|confirm|revert|status|log|digests)\b/.exec(command)?.[1] ?? command;
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

function pairs(report: Report, key: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    (report.values.get(key) ?? []).map((line) => {
      const space = line.indexOf(' ');
      return space < 0 ? [line, ''] : [line.slice(0, space), line.slice(space + 1)];
    }),
  );
}

/** A script from before it told the time says nothing. */
function clockSkew({ values }: Report, now: Date): Pick<Facts, 'clockSkewSeconds'> {
  const clock = Number(values.get('clock')?.[0]);
  return Number.isFinite(clock) ? { clockSkewSeconds: clock - Math.round(now.getTime() / 1000) } : {};
}

/** A script from before there were such commands says nothing. */
function reloads({ values }: Report): Pick<Facts, 'reloads'> {
  const names = values.get('reloads')?.[0];
  return names === undefined ? {} : { reloads: names.split(' ').filter((name) => name !== '') };
}

function nginx({ values }: Report): Pick<Facts, 'nginx'> {
  const version = values.get('nginx')?.[0];
  if (version === undefined) return {};
  const running = values.get('nginx-running')?.[0] === 'yes';
  return { nginx: { version, running, listens: values.get('nginx-listen') ?? [] } };
}

function links(report: Report): NonNullable<Facts['links']> {
  return Object.fromEntries(
    Object.entries(pairs(report, 'link')).map(([path, state]) => [
      path,
      state === 'placed' || state === 'gone' ? state : 'foreign',
    ]),
  );
}

function resolvers({ values }: Report): NonNullable<PostfixFacts['resolvers']> {
  return (values.get('resolver') ?? []).map((line) => {
    const [address = '', answer = ''] = line.split(' ');
    return { address, validates: isAnswer(answer) ? answer : 'untried' };
  });
}

function isAnswer(word: string): word is 'yes' | 'no' | 'failed' | 'silent' {
  return ['yes', 'no', 'failed', 'silent'].includes(word);
}

function factsOf(report: Report, now: Date): Facts {
  const word = (key: string) => value(report, key).replace(/^-$/, '');
  const hook = value(report, 'boot-hook');
  const directory = report.values.get('config-directory')?.[0];
  const version = report.values.get('postfix')?.[0];
  return {
    collected: now.toISOString(),
    script: word('script'),
    identity: word('identity'),
    hostname: value(report, 'hostname'),
    os: value(report, 'os'),
    addresses: report.values.get('address') ?? [],
    bootId: value(report, 'boot-id'),
    ...clockSkew(report, now),
    bootHook: hook === 'systemd' || hook === 'cron' ? hook : 'none',
    freeKilobytes: Number(value(report, 'free-kilobytes')),
    ...reloads(report),
    links: links(report),
    ...nginx(report),
    ...(version === undefined || directory === undefined
      ? {}
      : {
          postfix: {
            version,
            running: value(report, 'running') === 'yes',
            configDirectory: directory,
            queueDirectory: value(report, 'queue-directory'),
            parameters: pairs(report, 'parameter'),
            services: Object.fromEntries(
              Object.entries(pairs(report, 'service')).map(([name, port]) => [name, Number(port)]),
            ),
            resolvers: resolvers(report),
            mainCf: report.texts.get(`${directory}/main.cf`) ?? '',
            masterCf: report.texts.get(`${directory}/master.cf`) ?? '',
          },
        }),
  };
}
