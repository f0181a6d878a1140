/** `signet config`: the whole configuration as one file, and a file as a draft. */
import type { Command } from 'commander';

import { Failure } from './failure.ts';
import { command, revisionNumber } from './options.ts';
import { readInput, readSecret } from './prompt.ts';
import type { Session } from './session.ts';
import { inWords } from './changes.ts';
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
    .action(async (file: string, options: SaveOptions) => save(session(), file, options));

  command(
    config,
    'load',
    'check a file whole and put the difference in your draft; nothing else changes',
    'signet config load cluster.signet',
  )
    .argument('<file>', '- for standard input')
    .option('--passphrase-file <file>', 'what it was encrypted with (- for standard input); asked for without')
    .action(async (file: string, options: { readonly passphraseFile?: string }) =>
      load(session(), file, options.passphraseFile),
    );
}

interface SaveOptions {
  readonly revision?: number;
  readonly passphraseFile?: string;
}

const option = '--passphrase-file';

async function save({ controller, print, prompt }: Session, file: string, options: SaveOptions): Promise<void> {
  const what = 'passphrase to encrypt with';
  const passphrase = await readSecret(prompt, { file: options.passphraseFile, what, option, twice: true });
  const text = await controller.saveConfiguration(passphrase, options.revision);
  if (file === '-') {
    process.stdout.write(text);
    return;
  }
  await writeWhole(file, text);
  print.show({ file, bytes: Buffer.byteLength(text) }, () =>
    print.line(`saved ${file}, ${Buffer.byteLength(text)} bytes`),
  );
}

async function load(
  { controller, print, prompt }: Session,
  file: string,
  passphraseFile: string | undefined,
): Promise<void> {
  if (file === '-' && passphraseFile === '-') {
    throw new Failure('usage', 'standard input cannot be both the file and the passphrase; put one of them in a file');
  }
  const text = (await readInput(file)).toString('utf8');
  const what = `passphrase of ${file}`;
  const passphrase = await readSecret(prompt, { file: passphraseFile, what, option });
  const answer = await controller.loadConfiguration(text, passphrase);
  print.show(answer, () => {
    for (const operation of answer.operations) print.line(inWords(operation));
    const keys = answer.certificates === 1 ? '1 certificate' : `${answer.certificates} certificates`;
    const count = answer.operations.length;
    const changes = count === 0 ? 'nothing to change' : count === 1 ? '1 change' : `${count} changes`;
    const next = count === 0 ? '' : ', now in your draft: look with signet diff, bring out with signet commit';
    print.line(`${file}: ${keys}, ${changes}${next}`);
    for (const name of answer.unknownMachines) {
      print.note([
        { text: 'not known here: ', tone: 'warn' },
        `${name}; its settings wait until it joins (signet machine join ${name})`,
      ]);
    }
  });
}
