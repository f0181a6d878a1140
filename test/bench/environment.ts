/** The machine that a benchmark ran on, in words: numbers without it mean nothing. */
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type } from 'node:os';

import { packageVersion } from '../../services/schema/version.ts';
import { run } from './run.ts';

export interface Machine {
  /** Averaged over a minute, before anything was started. */
  readonly load: string;
  /** A name and a description for each line. */
  readonly lines: readonly (readonly [string, string])[];
}

export async function describeMachine(): Promise<Machine> {
  const load = (loadavg()[0] ?? 0).toFixed(2);
  const processors = cpus();
  return {
    load,
    lines: [
      ['processors', `${processors.length} × ${processors[0]?.model ?? 'unknown'}`],
      ['memory', `${Math.round(totalmem() / 2 ** 30)} GiB`],
      [
        'system',
        `${/^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? ''}, ${type()} ${release()}`,
      ],
      ['load before the start', load],
      ['Signet', `${packageVersion()} on Node.js ${process.versions.node}, embedded store`],
      ['Ansible', firstLine(await run('ansible', ['--version']))],
      ['OpenSSH', firstLine(await run('sh', ['-c', 'ssh -V 2>&1']))],
      ['Postfix', await said('postconf', '-dh', 'mail_version')],
      ['shell of the gateways', await said('readlink', '-f', '/bin/sh')],
    ],
  };
}

async function said(command: string, ...args: readonly string[]): Promise<string> {
  return firstLine(await run(command, args));
}

function firstLine(output: string): string {
  return output.split('\n')[0] ?? '';
}
