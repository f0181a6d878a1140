/** The gateways that all contenders push to, each contender with Postfix settings of its own, and a look at what they serve. */
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';

import { reach } from '../../services/conversation/reach.ts';
import { fingerprints, sight } from '../../services/push/probe.ts';
import { run } from './run.ts';

export interface Gateway {
  readonly name: string;
  readonly address: string;
  readonly key: string;
}

export interface Fleet {
  readonly gateways: readonly Gateway[];
  /** An ssh_config(5) for the administrator's login; the host keys are in a known_hosts of its own. */
  readonly sshConfig: string;
  /** Runs a shell script as root on one gateway, or on each, without SSH. */
  inside(name: string, script: string, input?: string): Promise<string>;
  everywhere(script: string): Promise<void>;
  /** Puts the main.cf and master.cf of `contender` in place, the stock ones at first: what the others did to them is hand edits to Signet. */
  give(contender: string): Promise<void>;
  /** Seconds until every gateway has been seen to serve the certificate with this fingerprint. */
  look(fingerprint: string): Promise<number>;
}

const lab = 'deploy/lab/lab';
const patienceSeconds = 15;

export async function startFleet(count: number, folder: string): Promise<Fleet> {
  await run(lab, ['up', String(count)]);
  const gateways = JSON.parse(await run(lab, ['list', '--json'])) as readonly Gateway[];
  const sshConfig = `${folder}/ssh_config`;
  writeFileSync(
    sshConfig,
    [
      'User root',
      `IdentityFile ${gateways[0]?.key ?? ''}`,
      'IdentitiesOnly yes',
      'BatchMode yes',
      'StrictHostKeyChecking accept-new',
      `UserKnownHostsFile ${folder}/known_hosts`,
      'LogLevel ERROR',
      // A connection that is kept open ends soon after the gateways are gone.
      'ServerAliveInterval 20',
      '',
    ].join('\n'),
  );
  const two = pLimit(2);
  const inside: Fleet['inside'] = (name, script, input) =>
    run(lab, ['exec', name, 'sh', '-c', script], input === undefined ? {} : { input });
  const everywhere = async (script: string): Promise<void> => {
    await Promise.all(gateways.map(({ name }) => two(() => inside(name, script))));
  };
  await everywhere('mkdir -p /var/lib/bench/own && echo stock >/var/lib/bench/who');
  return {
    gateways,
    sshConfig,
    inside,
    everywhere,
    async give(contender) {
      await everywhere(`cd /var/lib/bench/own && read -r who <../who && mkdir -p "$who" ${contender} &&
        cp -p /etc/postfix/main.cf /etc/postfix/master.cf "$who" &&
        { [ -f ${contender}/main.cf ] || cp -p stock/*.cf ${contender}; } && cp -p ${contender}/*.cf /etc/postfix &&
        echo ${contender} >../who && kill -HUP $(cat /var/spool/postfix/pid/master.pid)`);
      await sleep(2000);
    },
    async look(fingerprint) {
      const start = performance.now();
      await Promise.all(gateways.map(({ address }) => serves(address, fingerprint)));
      return (performance.now() - start) / 1000;
    },
  };
}

/** Looks until `fingerprint` is served: a reload is asynchronous. The look itself is the one that Signet takes. */
async function serves(address: string, fingerprint: string): Promise<void> {
  const deadline = performance.now() + patienceSeconds * 1000;
  for (;;) {
    const seen = await lookOnce(address);
    if (seen === fingerprint) return;
    if (performance.now() > deadline) throw new Error(`${address} serves ${seen} and not ${fingerprint}`);
    await sleep(200);
  }
}

async function lookOnce(address: string): Promise<string> {
  const seen = await sight((signal) => reach(address, 25, signal), {
    listener: 'public',
    tls: 'starttls',
    serverName: 'mail.example.test',
  });
  return fingerprints(seen)[0] ?? `nothing (${seen.steps.at(-1)?.detail ?? ''})`;
}
