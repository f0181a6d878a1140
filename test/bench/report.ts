/** docs/benchmark.md: what was measured, on what, and what each number means. */
import { contenders, pushes, type Name, type Push, type Sample } from './contender.ts';
import type { Machine } from './environment.ts';
import { summary, type Summary } from './statistics.ts';

export interface Results {
  readonly samples: readonly Sample[];
  readonly gateways: number;
  readonly rounds: number;
  readonly machine: Machine;
  readonly started: Date;
  readonly minutes: number;
}

interface Aim {
  readonly push: Push;
  readonly of: Name;
  readonly most: number;
  readonly words: string;
}

const aims: readonly Aim[] = [
  { push: 'cold', of: 'ansible', most: 1 / 10, words: "1/10 of Ansible's time" },
  { push: 'cold', of: 'floor', most: 1.3, words: "1.3 times the floor's time" },
  { push: 'same', of: 'ansible', most: 1 / 20, words: "1/20 of Ansible's time" },
];

const titles: Readonly<Record<Name, string>> = { signet: 'Signet', ansible: 'Ansible', floor: 'floor' };
const names: Readonly<Record<Push, string>> = { cold: 'cold', warm: 'warm', same: 'no change' };

export function report(results: Results): string {
  const { gateways, rounds, machine, started, minutes } = results;
  return `# Benchmark

Signet, Ansible and a bare floor push to the same ${gateways} gateways. Everything ran on one machine, gateways included, and took
${minutes.toFixed(0)} minutes. \`npm run bench -- --gateways ${gateways} --rounds ${rounds}\` wrote this page on ${started.toISOString().slice(0, 10)}; it needs root and a
machine that does nothing else.

## Seconds until all ${gateways} gateways are done

Median of ${rounds} rounds (lowest to highest).

${table(['push', ...contenders.map((name) => titles[name]), 'Signet / Ansible', 'Signet / floor'], secondsRows(results))}

${table(['aim', 'measured', ''], aimRows(results))}

The floor proves nothing. Looking at every gateway once afterwards, as Signet does before it confirms, takes ${spread(looks(results))} s more
by Signet's own code: a cold push and a look are ${ratio(results, 'cold', true)}, a warm push and a look ${ratio(results, 'warm', true)} of Signet's time.

## Processor seconds for each gateway

The first number is what the side that pushes used: \`signetd\`, or Ansible or the floor's ssh with all their children. The
second is what the whole machine used, gateways and kernel included; ${results.machine.lines[0]?.[1].split(' ')[0] ?? ''} processors share it, so it bounds the times above.
Both are taken until a second after the end of the push.

${table(['push', ...contenders.map((name) => titles[name])], processorRows(results))}

## What each number is

- *Cold*: no connection is open, and both the certificate and the lowest version of TLS change, the latter in \`main.cf\`. Signet's
  \`signetd\` has just been started on the state it had; Ansible and the floor log in anew.
- *Warm*: connections are open (Ansible's and the floor's by ControlPersist and ControlMaster), the certificate is renewed, and nothing else changes.
- *No change*: the same once more. Signet and the floor compare one digest, Ansible runs its playbook.
- Signet's time is that of the rollout as the API reports it, from \`started\` to \`finished\`: rendering, the SSH handshake where
  there is none, sending, validation on the gateway, activation, the look from outside, confirmation, and a record of every step
  in the store. Creating the certificate, the commit and the start of \`signetd\` are not in it. All gateways go in one wave
  (by default one goes first, as the canary, and the rest waits for it).
- Ansible's time is that of \`ansible-playbook\`: a fork for each gateway, pipelining, ControlPersist, no facts, no look for the Python
  interpreter ([ansible.cfg](../deploy/bench/ansible.cfg)); a folder, one file with key and chain, one task for all
  settings, and a handler that sends the signal of a reload ([push.yml](../deploy/bench/push.yml)).
- The floor is one exec of the OpenSSH client for each gateway, up to 32 at a time: a tar on standard input, main.cf by rename when
  cold, a symbolic link by rename, and the signal ([floor](../deploy/bench/floor)).
- The contenders take turns: a round is all three pushes of each, and another one begins each round. Each has its own
  \`main.cf\` and \`master.cf\`, put in place before its turn. After every push, every gateway must serve what was sent, or the benchmark fails.

## What the sides do not share

Signet alone checks key, chain and settings on the gateway before they go live; writes to the disk durably (fsync) and keeps the former
state; arms a revert on the gateway; after a change of \`main.cf\` watches Postfix for half a second, as a master that cannot go on dies in
that time; sees every listener from outside; and records every step. Signet also sends its table of next hops, which is
empty here. It does after the push what belongs to the next: the session that waits for it is opened.

Ansible alone compares each file and setting with the gateway on every run, so it finds hand edits of any of them; Signet compares the
digests of what it owns and of \`main.cf\` and \`master.cf\`. Ansible's processor time lacks the ssh processes that ControlPersist keeps,
which do the handshakes. OpenSSH agrees on keys with sntrup761x25519 by default, Signet with curve25519.

## The machine

${table(['', ''], machine.lines)}
`;
}

function secondsRows(results: Results): readonly (readonly string[])[] {
  return pushes.map((push) => {
    const times = contenders.map((name) => seconds(results, name, push));
    return [
      names[push],
      ...times.map(spread),
      times[1] && times[0] ? fraction(times[0].median / times[1].median) : '',
      ratio(results, push, false),
    ];
  });
}

function aimRows(results: Results): readonly (readonly string[])[] {
  return aims.map(({ push, of, most, words }) => {
    const measured = seconds(results, 'signet', push).median / seconds(results, of, push).median;
    return [`${names[push]}: at most ${words}`, fraction(measured), measured <= most ? 'met' : 'missed'];
  });
}

function processorRows(results: Results): readonly (readonly string[])[] {
  const each = (values: readonly number[]) => (summary(values).median / results.gateways).toFixed(3);
  return pushes.map((push) => [
    names[push],
    ...contenders.map((name) => {
      const found = of(results, name, push);
      return `${each(found.map((sample) => sample.controllerSeconds))}; ${each(found.map((sample) => sample.machineSeconds))}`;
    }),
  ]);
}

/** Signet's time in terms of the floor's, or of the floor's with a look. */
function ratio(results: Results, push: Push, looking: boolean): string {
  const floor = of(results, 'floor', push).map((sample) => sample.seconds + (looking ? sample.lookSeconds : 0));
  const signet = seconds(results, 'signet', push).median;
  const measured = summary(floor).median / signet;
  return looking ? measured.toFixed(2) : (1 / measured).toFixed(2);
}

function looks(results: Results): Summary {
  const after = (['cold', 'warm'] as const).flatMap((push) => of(results, 'floor', push));
  return summary(after.map((sample) => sample.lookSeconds));
}

function seconds(results: Results, name: Name, push: Push): Summary {
  return summary(of(results, name, push).map((sample) => sample.seconds));
}

function of({ samples }: Results, name: Name, push: Push): readonly Sample[] {
  return samples.filter((sample) => sample.contender === name && sample.push === push);
}

function spread({ median, lowest, highest }: Summary): string {
  return `${median.toFixed(2)} (${lowest.toFixed(2)} to ${highest.toFixed(2)})`;
}

function fraction(value: number): string {
  return value >= 1 ? value.toFixed(2) : `1/${(1 / value).toFixed(1)}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
