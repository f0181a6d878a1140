/** `signet alert`: what needs a person, and whether word of it arrives. */
import type { Command } from 'commander';

import type { AlertView } from '../schema/types.generated.ts';
import { Failure } from './failure.ts';
import { command, instant } from './options.ts';
import { moment, type Printer, type Tone } from './print.ts';
import type { Session } from './session.ts';

export function alertCommands(program: Command, session: () => Session): void {
  const alert = program
    .command('alert')
    .description('what needs a person: certificates that expire, machines left behind');

  command(alert, 'list', 'list the alerts, the most urgent first', 'signet alert list').action(async () => {
    const { controller, print } = session();
    const answer = await controller.alerts();
    print.show(answer, () => list(print, answer.alerts));
  });

  command(
    alert,
    'acknowledge',
    'have seen it: nobody is told again until it gets worse',
    'signet alert acknowledge expiry-3fa2c1d09ab4c7e1',
  )
    .argument('<id>', 'as signet alert list shows it')
    .action(async (id: string) => {
      const { controller, print } = session();
      const view = await controller.acknowledgeAlert(id);
      print.show(view, () => print.line(`${id} is ${view.state}`));
    });

  command(
    alert,
    'silence',
    'tell nobody of it until a date; one that is past ends a silence',
    'signet alert silence expiry-3fa2c1d09ab4c7e1 --until 2027-03-01',
  )
    .argument('<id>', 'as signet alert list shows it')
    .requiredOption('--until <date>', 'a day (from its beginning, UTC) or a time, such as 2027-03-01T08:00Z', instant)
    .action(async (id: string, { until }: { readonly until: string }) => {
      const { controller, print } = session();
      const view = await controller.silenceAlert(id, until);
      print.show(view, () =>
        print.line(`${id} is ${view.state}${view.silenced ? ` until ${moment(view.silenced.until)}` : ''}`),
      );
    });

  command(alert, 'test', 'send a test to everyone who is told of alerts', 'signet alert test').action(async () => {
    const { controller, print } = session();
    const answer = await controller.testAlerts();
    const failed = answer.recipients.filter(({ delivered }) => !delivered);
    print.show(answer, () =>
      print.table(
        ['RECIPIENT', 'OUTCOME', 'DETAIL'],
        answer.recipients.map(({ recipient, delivered, detail }) => [
          recipient,
          delivered ? { text: 'delivered', tone: 'good' } : { text: 'failed', tone: 'bad' },
          detail,
        ]),
      ),
    );
    if (failed.length === 0) return;
    throw new Failure(
      failed.length < answer.recipients.length ? 'partlyFailed' : 'failed',
      `${failed.map(({ recipient }) => recipient).join(', ')} did not get the test; see the detail, and correct alerts at the cluster level`,
    );
  });
}

function list(print: Printer, alerts: readonly AlertView[]): void {
  if (alerts.length === 0) {
    print.line('nothing needs you');
    return;
  }
  for (const { alert, state, acknowledged, silenced, undelivered } of alerts) {
    print.line([
      { text: alert.id, tone: 'strong' },
      '  ',
      { text: state, tone: tones[state] },
      acknowledged ? ` by ${acknowledged.by}` : '',
      silenced ? ` until ${moment(silenced.until)} by ${silenced.by}` : '',
      `  ${standing(alert)}`,
    ]);
    print.line(`  ${alert.summary}`);
    for (const { pointer, machines, count } of alert.breaks) {
      const more = count > machines.length ? ` and ${count - machines.length} more` : '';
      print.line(`  ${pointer} on ${machines.join(', ')}${more}`);
    }
    print.line({ text: `  ${alert.remedy}`, tone: 'dim' });
    for (const { recipient, detail } of undelivered) {
      print.line([{ text: '  not told: ', tone: 'warn' }, `${recipient}: ${detail}`]);
    }
  }
}

const tones: Readonly<Record<AlertView['state'], Tone>> = { open: 'bad', acknowledged: 'warn', silenced: 'dim' };

function standing({ kind, due, rung, since }: AlertView['alert']): string {
  if (kind !== 'expiry') return `since ${moment(since)}`;
  return rung > 0 ? `expires ${moment(due)}` : `expired ${moment(due)}`;
}
