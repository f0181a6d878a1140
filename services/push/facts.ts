/** What a gateway says that it is: system, daemons, and what stood there before Signet came. */
import type { Facts, PostfixFacts } from '../schema/types.generated.ts';
import type { Report } from './answer.ts';
import { call, elevated, value, type Elevation } from './call.ts';
import { livePaths } from './plan.ts';
import type { Script } from './script.ts';
import type { Connection } from './ssh.ts';

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
