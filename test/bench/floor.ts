/** The floor in the comparison: deploy/bench/floor, with the bytes that Signet's own push has. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';

import { certificatePair } from './certificates.ts';
import type { Contender } from './contender.ts';
import type { Fleet } from './fleet.ts';
import { childrenSeconds } from './processor.ts';
import { run } from './run.ts';
import { withMinimum, type PostfixSettings, type Setting } from './settings.ts';

/** Where the certificate is on a gateway. */
export const floorFolder = '/var/lib/bench/floor/current';

/** As many at once as Signet pushes to. */
const atOnce = 32;

/** Brings master.cf to every gateway beforehand; expects the floor's own Postfix settings in place. */
export async function floorContender(fleet: Fleet, folder: string, settings: PostfixSettings): Promise<Contender> {
  const place = `${folder}/floor`;
  mkdirSync(place);
  const options = settings.master.map(({ name, value }) => `'${name}=${value}'`).join(' ');
  await fleet.everywhere(`mkdir -p /var/lib/bench/floor && postconf -P ${options}`);
  const stock = new Map<string, string>();
  for (const { name } of fleet.gateways) stock.set(name, await fleet.inside(name, 'cat /etc/postfix/main.cf'));
  const certificates = await certificatePair();
  const addresses = fleet.gateways.map(({ address }) => address);
  let which = 0;
  let minimum = 'TLSv1.2';
  let number = 0;
  let spent = 0;

  async function floor(verb: 'push' | 'compare', config: string): Promise<string> {
    const words = [verb, config, String(Math.min(atOnce, addresses.length)), place, String(number)];
    const output = await run('deploy/bench/floor', [...words, ...addresses]);
    spent += childrenSeconds(output);
    return output;
  }

  /** Connections that stay open, for the pushes that find one. */
  const warmConfig = `${place}/ssh_config`;
  writeFileSync(warmConfig, `ControlPath ${place}/open-%h\nInclude ${fleet.sshConfig}\n`);
  async function openConnections(): Promise<void> {
    for (const address of addresses) {
      const check = () => run('ssh', ['-F', warmConfig, '-O', 'check', address]);
      await check().catch(async () => {
        await run('sh', ['-c', 'exec ssh -F "$1" -MNf "$2" >/dev/null 2>&1', 'sh', warmConfig, address]);
        await check();
      });
    }
  }

  return {
    name: 'floor',
    async prepare(push) {
      if (push !== 'cold') await openConnections();
      if (push === 'same') return;
      number += 1;
      which = 1 - which;
      if (push === 'cold') minimum = minimum === 'TLSv1.2' ? 'TLSv1.3' : 'TLSv1.2';
      for (const { name, address } of fleet.gateways) {
        const main = push === 'cold' ? (stock.get(name) ?? '') + lines(withMinimum(settings.main, minimum)) : undefined;
        await pack(`${place}/${address}`, certificates[which]?.pem ?? '', main);
      }
    },
    async push(push) {
      const start = performance.now();
      const output = await floor(push === 'same' ? 'compare' : 'push', push === 'cold' ? fleet.sshConfig : warmConfig);
      const seconds = (performance.now() - start) / 1000;
      const same = output.match(/^[0-9a-f]{64}$/gm)?.length ?? 0;
      if (push === 'same' && same !== addresses.length) throw new Error(`${same} digests from ${addresses.length}`);
      return seconds;
    },
    spent: () => spent,
    fingerprint: () => certificates[which]?.fingerprint ?? '',
  };
}

async function pack(path: string, pem: string, main: string | undefined): Promise<void> {
  mkdirSync(path, { recursive: true });
  writeFileSync(`${path}/mx.pem`, pem, { mode: 0o600 });
  writeFileSync(`${path}/digest`, `${createHash('sha256').update(pem).digest('hex')}\n`);
  if (main !== undefined) writeFileSync(`${path}/main.cf`, main, { mode: 0o644 });
  const files = ['mx.pem', 'digest', ...(main === undefined ? [] : ['main.cf'])];
  await run('tar', ['--owner=0', '--group=0', '-cf', `${path}.tar`, '-C', path, ...files]);
}

function lines(settings: readonly Setting[]): string {
  return settings.map(({ name, value }) => `${name} = ${value}\n`).join('');
}
