/** `signet config schedule`: the configuration saved by itself, and whether that works. */
import { InvalidArgumentError, type Command } from 'commander';

import type { SavedFile, SaveScheduleRequest, SaveScheduleView, SaveTarget } from '../schema/types.generated.ts';
import { Failure } from './failure.ts';
import { command, wholeNumber } from './options.ts';
import { moment, type Printer } from './print.ts';
import { readSecret } from './prompt.ts';
import type { Session } from './session.ts';

interface SetOptions {
  readonly every: string;
  readonly keep: number;
  readonly to: string;
  readonly sftp?: Omit<NonNullable<SaveScheduleRequest['sftp']>, 'hostKey'>;
  readonly hostKey?: string;
  readonly passphraseFile?: string;
  readonly samePassphrase?: true;
}

export function configScheduleCommands(config: Command, session: () => Session): void {
  const schedule = config.command('schedule').description('save the whole configuration by itself');

  command(
    schedule,
    'set',
    'save by itself from now on; every file is read back and restored aside before an older one goes',
    'signet config schedule set --every 24h --keep 30 --to /var/backups/signet',
    'signet config schedule set --every 03:30 --keep 30 --to signet --sftp backup@vault.example.org --host-key SHA256:...',
  )
    .requiredOption('--every <when>', 'hours or days (24h, 7d), or a time of day in UTC (03:30)')
    .requiredOption('--keep <n>', 'how many proven files stay', wholeNumber)
    .requiredOption('--to <dir>', 'a directory that is there; of the controller, or of the SFTP host')
    .option('--sftp <user@host[:port]>', 'the host it is on', sftpHost)
    .option('--host-key <fingerprint>', 'of that host (SHA256:..., as ssh-keygen -l prints it)')
    .option('--passphrase-file <file>', 'what to encrypt with (- for standard input); asked for without')
    .option('--same-passphrase', 'encrypt with the same as before')
    .action(async (options: SetOptions) => set(session(), options));

  command(schedule, 'show', 'show when, where, and what came of it', 'signet config schedule show').action(async () => {
    const { controller, print } = session();
    const view = await controller.saveSchedule();
    print.show(view, () => show(print, view));
  });

  command(schedule, 'run', 'save as scheduled, but now', 'signet config schedule run').action(async () => {
    const { controller, print } = session();
    const file = await controller.runSaveSchedule();
    print.show(file, () => print.line(`saved ${file.name}: ${proof(file)}`));
  });

  command(schedule, 'off', 'save nothing by itself any more; the files stay', 'signet config schedule off').action(
    async () => {
      const { controller, print } = session();
      await controller.endSaveSchedule();
      print.show({ scheduled: false }, () => print.line('nothing is saved by itself any more; the files stay'));
    },
  );
}

async function set({ controller, print, prompt }: Session, options: SetOptions): Promise<void> {
  const { every, keep, to: folder, sftp, hostKey, passphraseFile: file, samePassphrase } = options;
  if ((sftp === undefined) !== (hostKey === undefined)) {
    throw new Failure('usage', '--sftp and --host-key go together; read the key of the host with ssh-keygen -l there');
  }
  if (samePassphrase && file !== undefined) {
    throw new Failure('usage', '--same-passphrase keeps the one of before; give either that or another passphrase');
  }
  const what = 'passphrase to encrypt with';
  const passphrase = samePassphrase
    ? {}
    : { passphrase: await readSecret(prompt, { file, what, option: '--passphrase-file', twice: true }) };
  const there = sftp && hostKey !== undefined ? { sftp: { ...sftp, hostKey } } : {};
  const view = await controller.setSaveSchedule({ every, keep, folder, ...there, ...passphrase });
  print.show(view, () => {
    show(print, view);
    print.note({ text: 'try it: signet config schedule run', tone: 'dim' });
  });
}

function show(print: Printer, view: SaveScheduleView): void {
  const { every, keep, target, publicKey, next, running, lastGood, overdue, problem, files } = view;
  print.facts([
    ['saved', `${every.includes(':') ? `daily at ${every} UTC` : `every ${every}`}, the newest ${keep} stay`],
    ['to', where(target)],
    ...(publicKey === undefined ? [] : [['authorized_keys there', `restrict ${publicKey}`] as const]),
    ['next', running ? 'now' : moment(next)],
    ['last good', lastGood ? `${lastGood.name}: ${proof(lastGood)}` : 'none yet'],
    ...(overdue === undefined
      ? []
      : [['overdue', { text: `two intervals without a good one since ${moment(overdue)}`, tone: 'bad' }] as const]),
    ...(problem
      ? [['failing', { text: `since ${moment(problem.since)}: ${problem.detail}`, tone: 'bad' }] as const]
      : []),
  ]);
  if (files.length === 0) return;
  print.table(
    ['FILE', 'BYTES', 'PROVEN'],
    files.map((file) => [
      file.name,
      String(file.bytes),
      file.proven ? { text: proof(file), tone: 'good' } : { text: 'no', tone: 'bad' },
    ]),
  );
}

function proof({ machines = 0, inSync = 0 }: SavedFile): string {
  return `restores ${machines} machines, ${inSync} in sync`;
}

function where({ folder, sftp }: SaveTarget): string {
  return sftp ? `${sftp.user}@${sftp.host}:${folder} (port ${sftp.port})` : folder;
}

function sftpHost(text: string): SetOptions['sftp'] {
  const [, user, bare, bracketed, port] = /^([^@\s]+)@(?:([^:[\]\s]+)|\[([^\]\s]+)\])(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bare ?? bracketed;
  if (user === undefined || host === undefined) {
    throw new InvalidArgumentError('It must be USER@HOST or USER@HOST:PORT; an IPv6 address goes in brackets.');
  }
  return { user, host, ...(port === undefined ? {} : { port: Number(port) }) };
}
