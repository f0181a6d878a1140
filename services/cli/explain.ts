/** `signet explain`: why a machine has the value it has. */
import type { Command } from 'commander';

import type { Json } from '../schema/json.ts';
import { parts, pointer } from '../schema/pointer.ts';
import type { Explanation } from '../schema/types.generated.ts';
import { demonstrationNote, namesDemonstration } from './demonstration.ts';
import { command, revisionNumber } from './options.ts';
import { moment, type Text } from './print.ts';
import type { Session } from './session.ts';
import { pinInWords } from './pin-view.ts';
import { shown } from './shown.ts';

export function explainCommands(program: Command, session: () => Session): void {
  command(
    program,
    'explain',
    'explain a value: its level, the revision it came with, by whom, and what it shadows',
    'signet explain mx2 listeners/public/certificate',
  )
    .argument('<machine>')
    .argument('<path>', 'a JSON Pointer, the first slash may be left out')
    .option('--revision <n>', 'at this revision instead of the newest', revisionNumber)
    .action(async (machine: string, path: string, options: { readonly revision?: number }) => {
      const { controller, print } = session();
      const at = pointer(parts(path));
      const answer = await controller.explain(machine, at, options.revision);
      print.show(answer, () => {
        print.line([`${machine} ${at} = `, { text: shown(answer.value as Json | undefined), tone: 'strong' }]);
        print.facts(rows(answer));
      });
    });
}

function rows({
  pointer: at,
  value,
  level,
  revision,
  author,
  time,
  comment,
  shadows,
  pins = [],
}: Explanation): readonly (readonly [string, Text])[] {
  const since = `r${revision ?? 0}, ${moment(time)}, ${author ?? '-'}: ${comment ?? ''}`;
  return [
    ['level', level],
    ...(namesDemonstration(at, value) ? [['note', demonstrationNote] as const] : []),
    ...(revision === undefined ? [] : [['since', since] as const]),
    ...pins.map((pin) => ['pinned', pinInWords(pin, at)] as const),
    ...shadows.map((shadow) => ['shadows', `${shown(shadow.value as Json)} at ${shadow.level}`] as const),
  ];
}
