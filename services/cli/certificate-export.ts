/** `signet certificate export`: certificates with their chain, and with their private key when that is wanted, as files. */
import { existsSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Option, type Command } from 'commander';

import { Failure } from './failure.ts';
import { command } from './options.ts';
import { readSecret } from './prompt.ts';
import type { Session } from './session.ts';
import { thereAlready, writeWhole } from './write-file.ts';

interface ExportOptions {
  readonly level: string;
  readonly output?: string;
  readonly format: 'pkcs12' | 'pem';
  readonly legacy?: true;
  readonly withKey?: true;
  readonly clearKey?: true;
  readonly passphraseFile?: string;
  readonly force?: true;
}

/** One file as it was asked for, and what it holds. */
interface Target {
  readonly name: string;
  readonly file: string;
}

interface Exported {
  readonly content: string | Uint8Array;
  readonly key: string;
  readonly chain: string;
}

export function certificateExportCommand(certificate: Command, session: () => Session): void {
  command(
    certificate,
    'export',
    'write certificates to files: PKCS#12 with chain and key, or PEM',
    'signet certificate export mx --level cluster --output mx.p12',
    'signet certificate export mx client --level machine/mx2 --output exported/',
    'signet certificate export mx --level cluster --format pem --with-key',
  )
    .argument('<name...>', 'one or several; each becomes a file of its own')
    .requiredOption('--level <level>', 'cluster, group/NAME or machine/NAME')
    .option('--output <file>', 'the file, or with a slash at its end the folder; NAME.p12 or NAME.pem here without')
    .addOption(
      new Option('--format <format>', 'pem holds the chain alone, unless there is --with-key')
        .choices(['pkcs12', 'pem'])
        .default('pkcs12'),
    )
    .option('--legacy', 'PKCS#12 with 3DES and SHA-1, for appliances and Windows from before about 2018')
    .option('--with-key', 'PEM with the private key, encrypted')
    .option('--clear-key', 'PEM with the private key as it is: whoever reads the file has it')
    .option('--passphrase-file <file>', 'what the key is encrypted with (- for standard input); asked for without')
    .option('--force', 'replace files that are there already')
    .action(async (names: readonly string[], options: ExportOptions) => exportAll(session(), names, options));
}

async function exportAll(
  { controller, print, prompt }: Session,
  names: readonly string[],
  options: ExportOptions,
): Promise<void> {
  checkOptions(options);
  const targets = filesOf([...new Set(names)], options);
  // Before anyone is asked for a passphrase, and before a key leaves the controller for nothing.
  const taken = options.force ? undefined : targets.find(({ file }) => existsSync(file));
  if (taken) throw thereAlready(taken.file);
  const passphrase = await passphraseFor(options);
  if (isFolder(options)) await mkdir(options.output, { recursive: true, mode: 0o700 });

  const written: (Target & Omit<Exported, 'content'> & { readonly level: string; readonly bytes: number })[] = [];
  for (const { name, file } of targets) {
    const { content, key, chain } = await fetchOne(name);
    await writeWhole(file, content, { keep: !options.force });
    written.push({ name, level: options.level, file, bytes: Buffer.byteLength(content), key, chain });
  }
  print.show({ exported: written }, () => {
    for (const { name, level, file, bytes } of written) {
      print.line([{ text: name, tone: 'strong' }, ` at ${level}: wrote ${file}, ${bytes} bytes`]);
    }
    if (options.clearKey) print.note([{ text: 'note: ', tone: 'warn' }, 'the private key in it is not encrypted']);
  });

  function passphraseFor({ passphraseFile }: ExportOptions): Promise<string> | undefined {
    if (options.format === 'pem' && !options.withKey) return undefined;
    const what = options.format === 'pem' ? 'passphrase for the private key' : 'password for the PKCS#12 file';
    return readSecret(prompt, { file: passphraseFile, what, option: '--passphrase-file', twice: true });
  }

  async function fetchOne(name: string): Promise<Exported> {
    const { level, format, legacy = false, clearKey } = options;
    if (format === 'pkcs12') {
      const { pkcs12, ...rest } = await controller.exportPkcs12(level, name, { password: passphrase ?? '', legacy });
      return { ...rest, content: Buffer.from(pkcs12, 'base64') };
    }
    if (passphrase === undefined && !clearKey) {
      const { pem, key, chain } = await controller.certificate(level, name);
      return { content: pem, key, chain };
    }
    const wanted = passphrase === undefined ? { clear: true as const } : { passphrase };
    const { pem, certificates, key, chain } = await controller.exportKey(level, name, wanted);
    return { content: pem + certificates, key, chain };
  }
}

function checkOptions({ format, legacy, withKey, clearKey, passphraseFile }: ExportOptions): void {
  const wrong = (why: string) => new Failure('usage', why);
  if (format === 'pkcs12' && (withKey || clearKey)) {
    throw wrong(
      'a PKCS#12 file always holds the key, encrypted; leave out --with-key and --clear-key, or say --format pem',
    );
  }
  if (format === 'pem' && legacy) throw wrong('--legacy is about PKCS#12; leave it out, or leave out --format pem');
  if (withKey && clearKey)
    throw wrong('the key is written encrypted or in clear; say --with-key or --clear-key, not both');
  if (format === 'pem' && !withKey && passphraseFile !== undefined) {
    throw wrong('nothing is encrypted in PEM without --with-key; say it too, or leave out --passphrase-file');
  }
}

function filesOf(names: readonly string[], options: ExportOptions): readonly Target[] {
  const { output, format } = options;
  const folder = output === undefined ? '.' : isFolder(options) ? output : undefined;
  const ending = format === 'pem' ? 'pem' : 'p12';
  if (folder !== undefined) return names.map((name) => ({ name, file: join(folder, `${name}.${ending}`) }));
  const [name = '', another] = names;
  if (another !== undefined) {
    throw new Failure(
      'usage',
      `${output} is one file, and each certificate becomes one; name a folder: --output ${output}/`,
    );
  }
  return [{ name, file: output ?? '' }];
}

function isFolder(options: ExportOptions): options is ExportOptions & { readonly output: string } {
  const { output } = options;
  if (output === undefined) return false;
  return output.endsWith('/') || statSync(output, { throwIfNoEntry: false })?.isDirectory() === true;
}
