/** `signet config`: the whole configuration as one file, a file as a draft, and the proof that it restores. */
import type { Command } from 'commander';

import type { CertificatePlace, ConfigurationFile, LoadOptions as FileToLoad } from '../schema/types.generated.ts';
import { configScheduleCommands } from './config-schedule.ts';
import { Failure } from './failure.ts';
import { command, revisionNumber, several } from './options.ts';
import { showLoaded, showLoadPlan } from './load-view.ts';
import { readInput, readSecret } from './prompt.ts';
import type { Session } from './session.ts';
import { takeOver } from './take-over.ts';
import { showVerified } from './verify-view.ts';
import { writeWhole } from './write-file.ts';

export function configFileCommands(program: Command, session: () => Session): void {
  const config = program.command('config').description('the whole configuration as one file');

  command(
    config,
    'save',
    'save the whole configuration to a file; private keys are encrypted under a passphrase',
    'signet config save cluster.signet',
  )
    .argument('<file>', '- for standard output')
    .option('--revision <n>', 'this revision instead of the newest', revisionNumber)
    .option('--passphrase-file <file>', 'what to encrypt with (- for standard input); asked for without')
    .option('--history', 'with the revisions before and the audit trail, for a take-over to bring them back')
    .option('--level <level>', 'only this level, with what it refers to; may be given several times', several)
    .option(
      '--certificate <name[@level]>',
      'only this certificate, of the cluster unless told; may be given several times',
      several,
    )
    .option('--no-secrets', 'leave private keys out: whoever loads the file must have them')
    .action(async (file: string, options: SaveOptions) => save(session(), file, options));

  command(
    config,
    'load',
    'check a file whole and put the difference in your draft; nothing else changes',
    'signet config load cluster.signet',
  )
    .argument('<file>', '- for standard input')
    .option('--passphrase-file <file>', 'what it was encrypted with (- for standard input); asked for without')
    .option(
      '--take-over',
      'on a controller that was just installed: take the place of the lost one that saved the file',
    )
    .option('--plan', 'only show what it would do')
    .option(
      '--map <old=new>',
      'the machine OLD of the file is NEW here, whatever its identity; OLD=- leaves it out; may be given several times',
      several,
    )
    .option('--foreign', 'also a file that another controller saved')
    .option('--damaged-trail', 'also a file whose audit trail is not as it was written')
    .option('--yes', 'do not ask')
    .action(async (file: string, options: LoadOptions) => {
      const choices = choicesIn(options);
      const opened = await read(session(), file, options.passphraseFile);
      if (!options.takeOver) return load(session(), opened, choices, options);
      const file_ = { path: opened.path, sent: { ...opened.sent, ...choices } };
      return takeOver(session(), file_, options.yes);
    });

  command(
    config,
    'verify',
    'prove that a file would restore: restore it aside, and compare what machines would get with what they have',
    'signet config verify cluster.signet',
  )
    .argument('<file>', '- for standard input')
    .option('--passphrase-file <file>', 'what it was encrypted with (- for standard input); asked for without')
    .action(async (file: string, options: { readonly passphraseFile?: string }) => {
      const { controller, print } = session();
      const { path, sent } = await read(session(), file, options.passphraseFile);
      showVerified(print, path, await controller.verifyConfiguration(sent));
    });

  configScheduleCommands(config, session);
}

interface LoadOptions {
  readonly passphraseFile?: string;
  readonly takeOver?: true;
  readonly plan?: true;
  readonly map?: readonly string[];
  readonly foreign?: true;
  readonly damagedTrail?: true;
  readonly yes?: true;
}

/** What a load is told about machines and origin. */
type Choices = Pick<FileToLoad, 'map' | 'foreign' | 'damagedTrail'>;

interface Read {
  /** Its name. */
  readonly path: string;
  readonly sent: { readonly file: string; readonly passphrase?: string };
}

interface SaveOptions {
  readonly revision?: number;
  readonly passphraseFile?: string;
  readonly level?: readonly string[];
  readonly certificate?: readonly string[];
  readonly secrets: boolean;
  readonly history?: true;
}

const option = '--passphrase-file';

async function save({ controller, print, prompt }: Session, file: string, options: SaveOptions): Promise<void> {
  const { revision, passphraseFile, level, certificate, secrets, history } = options;
  if (!secrets && passphraseFile !== undefined) {
    throw new Failure('usage', '--no-secrets leaves nothing to encrypt; give either that or a passphrase');
  }
  const what = 'passphrase to encrypt with';
  const text = await controller.saveConfiguration({
    ...(secrets
      ? { passphrase: await readSecret(prompt, { file: passphraseFile, what, option, twice: true }) }
      : { withoutSecrets: true }),
    ...(revision === undefined ? {} : { revision }),
    ...(history ? { history } : {}),
    ...(level ? { levels: level } : {}),
    ...(certificate ? { certificates: certificate.map(placeIn) } : {}),
  });
  if (file === '-') {
    process.stdout.write(text);
    return;
  }
  await writeWhole(file, text);
  print.show({ file, bytes: Buffer.byteLength(text) }, () =>
    print.line(`saved ${file}, ${Buffer.byteLength(text)} bytes`),
  );
  const gone = history ? (JSON.parse(text) as ConfigurationFile).history?.gone : undefined;
  if (!gone) return;
  const counts = `${gone.keys.length} keys, ${gone.chains.length} chains and ${gone.bundles.length} trust lists`;
  print.note([
    { text: 'not in it: ', tone: 'warn' },
    `${counts} that earlier revisions name and that are here no longer; a rollback to those is refused (history.gone in the file names them)`,
  ]);
}

function placeIn(text: string): CertificatePlace {
  const [name = '', ...level] = text.split('@');
  return { name, level: level.join('@') || 'cluster' };
}

async function read({ prompt }: Session, file: string, passphraseFile: string | undefined): Promise<Read> {
  if (file === '-' && passphraseFile === '-') {
    throw new Failure('usage', 'standard input cannot be both the file and the passphrase; put one of them in a file');
  }
  const text = (await readInput(file)).toString('utf8');
  // Where a passphrase is given it is sent, and the controller says that it seals nothing.
  if (passphraseFile === undefined && isWithoutSecrets(text)) return { path: file, sent: { file: text } };
  const what = `passphrase of ${file}`;
  const passphrase = await readSecret(prompt, { file: passphraseFile, what, option });
  return { path: file, sent: { file: text, passphrase } };
}

function isWithoutSecrets(text: string): boolean {
  try {
    const value = JSON.parse(text) as { readonly secrets?: unknown } | null;
    return typeof value?.secrets === 'object';
  } catch {
    return false;
  }
}

async function load(
  { controller, print }: Session,
  { path, sent }: Read,
  choices: Choices,
  { plan }: LoadOptions,
): Promise<void> {
  if (plan) {
    showLoadPlan(print, path, await controller.planLoad({ ...sent, ...choices }));
    return;
  }
  showLoaded(print, path, await controller.loadConfiguration({ ...sent, ...choices }));
}

function choicesIn({ takeOver, plan, map = [], foreign, damagedTrail }: LoadOptions): Choices {
  if (takeOver && (plan ?? foreign ?? map.length > 0)) {
    throw new Failure(
      'usage',
      'a take-over takes the whole file as it is, and shows it first; --plan, --map and --foreign are for a load into a draft',
    );
  }
  const pairs = map.map((pair) => /^([^=]+)=([^=]+)$/.exec(pair) ?? notPair(pair));
  const names = pairs.map(([, old = '']) => old);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Failure('usage', `${twice} is mapped twice; say once which machine it is here`);
  return {
    ...(foreign ? { foreign } : {}),
    ...(damagedTrail ? { damagedTrail } : {}),
    ...(pairs.length > 0
      ? { map: Object.fromEntries(pairs.map(([, old = '', here = '']) => [old, here === '-' ? null : here])) }
      : {}),
  };
}

function notPair(pair: string): never {
  throw new Failure('usage', `--map ${pair} is not OLD=NEW; name a machine of the file and one that is here, or -`);
}
