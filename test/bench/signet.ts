/** Signet in the comparison: a real signetd on the embedded store, asked over its API. */
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { adminTokenFile } from '../../services/schema/locations.ts';
import { parse } from '../../services/schema/parse.ts';
import type { Contender, Push } from './contender.ts';
import type { Fleet } from './fleet.ts';
import { processSeconds } from './processor.ts';
import { daemon, run, stop } from './run.ts';

const pollMilliseconds = 100;

/** Joins the whole fleet and rolls a first certificate out: from then on, pushes are changes. */
export async function signetContender(fleet: Fleet, folder: string): Promise<Contender> {
  const state = `${folder}/signetd`;
  let controller: ChildProcess | undefined;
  let url = '';
  let fingerprint = '';
  let minimum = 'TLSv1.2';
  const count = fleet.gateways.length;

  async function start(): Promise<void> {
    if (controller) await stop(controller);
    rmSync(`${state}/url`, { force: true });
    const flags = ['--state', state, '--listen', '127.0.0.1:0', '--sweep', '86400'];
    controller = daemon(process.execPath, ['dist/services/controller/main.js', ...flags], `${folder}/signetd.log`);
    for (let tries = 0; !existsSync(`${state}/url`); tries += 1) {
      if (tries > 300 || controller.exitCode !== null) {
        throw new Error(`signetd did not start: ${readFileSync(`${folder}/signetd.log`, 'utf8').slice(-2000)}`);
      }
      await sleep(100);
    }
    url = readFileSync(`${state}/url`, 'utf8').trim();
    // It leads, and is at rest, before anything is measured.
    await sleep(2000);
  }

  function signet(...args: readonly string[]): Promise<string> {
    const env = { SIGNET_URL: url, SIGNETD_STATE: state };
    return run(process.execPath, ['dist/services/cli/main.js', ...args], { env });
  }

  async function ask(path: string, body?: unknown) {
    const token = readFileSync(`${state}/${adminTokenFile}`, 'utf8').trim();
    const response = await fetch(`${url}/api/v1${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`signetd answered ${response.status}: ${await response.text()}`);
    return parse('rollout-view', await response.json(), path);
  }

  /** The seconds that the rollout itself says it took. All gateways at once, as the others do it: no canary. */
  async function rollOut(expected: 'confirmed' | 'unchanged'): Promise<number> {
    let { rollout, outcomes } = await ask('/rollouts', { canary: count, waveSize: count });
    while (rollout.state === 'running') {
      await sleep(pollMilliseconds);
      ({ rollout, outcomes } = await ask(`/rollouts/${rollout.id}`));
    }
    const odd = outcomes.filter(({ state: ended }) => ended !== expected);
    if (odd.length > 0) throw new Error(`not ${expected}: ${JSON.stringify(odd)}`);
    return (Date.parse(rollout.finished ?? '') - Date.parse(rollout.started)) / 1000;
  }

  async function renew(): Promise<void> {
    const names = ['--cn', 'mail.example.test', '--key', 'ec-p256'];
    const issued = await signet('certificate', 'create', 'mx', '--level', 'cluster', ...names, '--json');
    fingerprint = (JSON.parse(issued) as { readonly certificate: { readonly fingerprint: string } }).certificate
      .fingerprint;
  }

  await start();
  for (const { name, address, key } of fleet.gateways) {
    const hostKey = await run('ssh-keyscan', ['-t', 'ed25519', address]);
    const listed = await run('ssh-keygen', ['-lf', '-'], { input: hostKey });
    const trust = ['--yes', '--host-key', listed.split(' ')[1] ?? ''];
    await signet('machine', 'join', name, '--host', address, '--identity', key, ...trust, '--no-rollout');
  }
  await renew();
  await signet('set', 'cluster', 'listeners/public/certificate', 'mx');
  await signet('commit', '-m', 'first', '--no-rollout');
  await rollOut('confirmed');

  return {
    name: 'signet',
    async prepare(push: Push) {
      if (push === 'same') return;
      await renew();
      if (push === 'cold') {
        minimum = minimum === 'TLSv1.2' ? 'TLSv1.3' : 'TLSv1.2';
        await signet('set', 'cluster', 'protocols/inbound/minimum', minimum);
        await signet('set', 'cluster', 'protocols/outbound/minimum', minimum);
      }
      await signet('commit', '-m', push, '--no-rollout');
      if (push === 'cold') await start();
    },
    push: (push) => rollOut(push === 'same' ? 'unchanged' : 'confirmed'),
    spent: () => processSeconds(controller?.pid ?? 0),
    fingerprint: () => fingerprint,
  };
}
