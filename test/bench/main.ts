/** The benchmark: lets Signet, Ansible and the floor push to the same gateways in turns, and writes what came out. */
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { ansibleContender, ansibleFolder } from './ansible.ts';
import { contenders, pushes, type Contender, type Push, type Sample } from './contender.ts';
import { describeMachine } from './environment.ts';
import { startFleet, type Fleet } from './fleet.ts';
import { floorContender, floorFolder } from './floor.ts';
import { busySeconds } from './processor.ts';
import { report } from './report.ts';
import { run, stopAll } from './run.ts';
import { settingsOf } from './settings.ts';
import { signetContender } from './signet.ts';

/** How long gateways get after a push before anything else happens: Postfix starts its processes anew. */
const restMilliseconds = 1000;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    stopAll();
    process.exit(130);
  });
}

try {
  await main();
} finally {
  stopAll();
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      folder: { type: 'string' },
      gateways: { type: 'string', default: process.env['BENCH_GATEWAYS'] ?? '18' },
      rounds: { type: 'string', default: process.env['BENCH_ROUNDS'] ?? '3' },
      output: { type: 'string', default: 'docs/benchmark.md' },
    },
  });
  const { folder, output } = values;
  if (folder === undefined)
    throw new Error('give --folder, for files that are removed afterwards; see deploy/bench/bench');
  const gateways = count('--gateways', values.gateways);
  const rounds = count('--rounds', values.rounds);
  const started = new Date();
  const machine = await describeMachine();
  say(`${gateways} gateways, ${rounds} rounds; load ${machine.load}`);

  const fleet = await startFleet(gateways, folder);
  say('Signet joins them and rolls a first certificate out');
  const all = await enter(fleet, folder);
  const samples: Sample[] = [];
  for (let round = 0; round < rounds; round += 1) {
    // Each goes first in turn, so that none always follows the same other.
    for (const contender of [...all.slice(round % all.length), ...all.slice(0, round % all.length)]) {
      await fleet.give(contender.name);
      for (const push of pushes) {
        const sample = await measure(contender, push, fleet);
        samples.push(sample);
        say(
          `round ${round + 1} of ${rounds}: ${contender.name} ${push} ${sample.seconds.toFixed(2)} s, ` +
            `its processor time ${sample.controllerSeconds.toFixed(2)} s, the machine's ${sample.machineSeconds.toFixed(1)} s`,
        );
      }
    }
  }
  const minutes = (Date.now() - started.getTime()) / 60_000;
  writeFileSync(output, report({ samples, gateways, rounds, machine, started, minutes }));
  await run('node_modules/.bin/prettier', ['--write', output]);
  say(`written to ${output}`);

  function say(text: string): void {
    const seconds = Math.round((Date.now() - started.getTime()) / 1000);
    console.log(`bench ${String(seconds).padStart(4)} s: ${text}`);
  }
}

/** All contenders, each with its own settings on the gateways, and Signet's in place. */
async function enter(fleet: Fleet, folder: string): Promise<readonly Contender[]> {
  await fleet.give('signet');
  const signet = await signetContender(fleet, folder);
  const ansible = await ansibleContender(fleet, folder, await settingsOf(fleet, ansibleFolder));
  const settings = await settingsOf(fleet, floorFolder);
  await fleet.give('floor');
  const floor = await floorContender(fleet, folder, settings);
  const all: Record<string, Contender> = { signet, ansible, floor };
  return contenders.flatMap((name) => all[name] ?? []);
}

async function measure(contender: Contender, push: Push, fleet: Fleet): Promise<Sample> {
  await contender.prepare(push);
  await sleep(restMilliseconds);
  const spent = contender.spent();
  const busy = busySeconds();
  const seconds = await contender.push(push);
  await sleep(restMilliseconds);
  const used = { controllerSeconds: contender.spent() - spent, machineSeconds: busySeconds() - busy };
  // Whoever pushed, what is served must be what was sent.
  const lookSeconds = await fleet.look(contender.fingerprint());
  return { contender: contender.name, push, seconds, ...used, lookSeconds };
}

function count(flag: string, text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new Error(`${flag} takes a whole number from 1, not "${text}"`);
  return number;
}
