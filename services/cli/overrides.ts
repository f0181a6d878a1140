/** `signet overrides`: what groups and machines set over the levels above them, in the whole fleet. */
import type { Command } from 'commander';

import type { Json } from '../schema/json.ts';
import type { OverrideView } from '../schema/types.generated.ts';
import { shown } from './shown.ts';
import { command, revisionNumber } from './options.ts';
import type { Text } from './print.ts';
import type { Session } from './session.ts';

export function overrideCommands(program: Command, session: () => Session): void {
  command(
    program,
    'overrides',
    'list what groups and machines set over the levels above them, and what of it does nothing or hides a newer value',
    'signet overrides',
    'signet overrides --level machine/mx2',
  )
    .option('--level <level>', 'only those of group/NAME or machine/NAME')
    .option('--questionable', 'only those that do nothing, or hide a value that was changed after they were set')
    .option('--revision <n>', 'at this revision instead of the newest', revisionNumber)
    .action(async ({ questionable = false, ...query }: Options) => {
      const { controller, print } = session();
      const answer = await controller.overrides(query);
      const overrides = answer.overrides.filter((one) => !questionable || one.outdated || one.effect !== 'effective');
      print.show({ ...answer, overrides }, () => {
        if (overrides.length === 0) print.line(questionable ? 'no override is questionable' : 'nothing is overridden');
        else print.table(['LEVEL', 'SETTING', 'VALUE', 'INSTEAD OF', 'SINCE', 'NOTE'], overrides.map(row));
      });
    });
}

interface Options {
  readonly level?: string;
  readonly revision?: number;
  readonly questionable?: boolean;
}

function row(override: OverrideView): readonly Text[] {
  const { level, pointer, value, inherited, since, author } = override;
  const hidden = inherited ? `${shown(inherited.value as Json)} at ${inherited.level}` : '-';
  return [
    level,
    pointer,
    value === null ? 'removed' : shown(value as Json),
    hidden,
    `r${since} ${author}`,
    note(override),
  ];
}

function note({ effect, inherited, outdated }: OverrideView): Text {
  if (effect === 'redundant') return { text: 'redundant: the levels above say the same', tone: 'warn' };
  if (effect === 'void') {
    const why = inherited ? 'no machine is in the group' : 'there is nothing to remove';
    return { text: `does nothing: ${why}`, tone: 'warn' };
  }
  if (!outdated) return '';
  return { text: `hides what was changed in r${inherited?.since ?? 0}, after it was set`, tone: 'warn' };
}
