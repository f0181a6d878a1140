/** `signet explain-sender`: what a client of a listener gets, and why. */
import type { Command } from 'commander';

import type { Json } from '../schema/json.ts';
import type { SenderExplanation } from '../schema/types.generated.ts';
import { shown } from './shown.ts';
import { command, revisionNumber } from './options.ts';
import type { Text } from './print.ts';
import type { Session } from './session.ts';

interface Options {
  readonly name?: string;
  readonly revision?: number;
}

export function explainSenderCommands(program: Command, session: () => Session): void {
  command(
    program,
    'explain-sender',
    'explain what a client of a listener gets: its sender group, its mail flow policy, and what becomes of its mail',
    'signet explain-sender mx1 public 198.51.100.7 --name mail.example.org',
  )
    .argument('<machine>')
    .argument('<listener>')
    .argument('<address>', 'the IP address of the client')
    .option('--name <host>', 'its verified host name; without, it has none (nothing is looked up)')
    .option('--revision <n>', 'at this revision instead of the newest', revisionNumber)
    .action(async (machine: string, listener: string, address: string, options: Options) => {
      const { controller, print } = session();
      const answer = await controller.explainSender(machine, { listener, address, ...options });
      print.show(answer, () => {
        print.line([`${answer.name ?? 'unknown'}[${answer.address}] on ${machine} ${listener}`]);
        print.facts(rows(answer));
      });
    });
}

function rows(answer: SenderExplanation): readonly (readonly [string, Text])[] {
  const { match, policy, settings, outcome, nameMayMatter } = answer;
  return [
    match
      ? ['group', `${match.group}, by ${match.sender} (${match.level})`]
      : ['group', 'none, so the policy is that of the listener'],
    ['policy', `${policy.name} (${policy.pointer} at ${policy.level})`],
    ...settings.map(({ pointer, value, level }): readonly [string, Text] => [
      pointer.split('/').at(-1) ?? '',
      `${shown(value as Json)} (${level})`,
    ]),
    ...outcomeRows(outcome),
    ...(nameMayMatter
      ? ([['note', 'a sender that goes by name comes first: give --name if the client has one']] as const)
      : []),
  ];
}

function outcomeRows({ tls, clear, overTls }: SenderExplanation['outcome']): readonly (readonly [string, Text])[] {
  const withoutTls = tls === 'implicit' ? 'there is none: TLS starts at once' : clear;
  if (!overTls)
    return [
      ['in clear', withoutTls],
      ['over TLS', 'STARTTLS is not offered'],
    ];
  const { none, valid, invalid } = overTls;
  const isOne = none === valid && valid === invalid;
  return [
    ['in clear', withoutTls],
    [
      'over TLS',
      isOne ? none : `without certificate ${none}, with a valid one ${valid}, with an invalid one ${invalid}`,
    ],
  ];
}
