/** How a load looks to people: which machines of the file are which here, and what would or did change. */
import type { ConfigurationParts, LoadPlan, LoadResult, MappedMachine } from '../schema/types.generated.ts';
import { inWords } from './changes.ts';
import { planLines } from './plan-view.ts';
import type { Printer, Text } from './print.ts';

export function showLoaded(print: Printer, path: string, answer: LoadResult): void {
  print.show(answer, () => {
    for (const operation of answer.operations) print.line(inWords(operation));
    const count = answer.operations.length;
    const changes = count === 0 ? 'nothing to change' : count === 1 ? '1 change' : `${count} changes`;
    const next = count === 0 ? '' : ', now in your draft: look with signet diff, bring out with signet commit';
    print.line(`${path}: ${certificates(answer)}, ${changes}${next}`);
    mapped(print, answer);
  });
}

export function showLoadPlan(print: Printer, path: string, plan: LoadPlan): void {
  print.show(plan, () => {
    const { saved, revision, authorities, archives, obstacles, change } = plan;
    print.line(`${path}: revision ${revision}, saved ${saved}; ${certificates(plan)}, ${archives} archives`);
    if (authorities.length > 0) print.line(`private authorities: ${authorities.join(', ')}`);
    mapped(print, plan);
    for (const operation of change.operations) print.line(inWords(operation));
    planLines(print, change);
    if (obstacles.length > 0) print.note({ text: '\nThe load would be refused:', tone: 'bad' });
    print.findings(obstacles);
    print.note({ text: 'only a plan: nothing was changed', tone: 'dim' });
  });
}

function certificates({ certificates: count }: Pick<LoadResult, 'certificates'>): string {
  return count === 1 ? '1 certificate' : `${count} certificates`;
}

type Said = Pick<LoadResult, 'origin' | 'parts' | 'machines' | 'stay' | 'history'>;

/** What is not as its name says. */
function mapped(print: Printer, { origin, parts, machines, stay, history }: Said): void {
  if (history > 0) print.note(`left out: ${history} earlier revisions, which only a take-over brings back`);
  if (parts) print.note(`only parts: ${partNames(parts).join(', ')}`);
  if (origin === 'another')
    print.note([{ text: 'from elsewhere: ', tone: 'warn' }, 'another controller saved the file']);
  for (const machine of machines) {
    const text = placed(machine);
    if (text !== undefined) print.note(text);
  }
  if (stay.length > 0) print.note(`not in the file, and left as they are: ${stay.join(', ')}`);
}

function partNames({ levels, certificates }: ConfigurationParts): readonly string[] {
  return [...levels, ...certificates.map(({ level, name }) => `certificates/${name} at ${level}`)];
}

function placed({ machine, becomes, here = machine }: MappedMachine): Text | undefined {
  switch (becomes) {
    case 'same':
      return undefined;
    case 'renamed':
      return `${machine} of the file is called ${here} here`;
    case 'by-hand':
      return `${here} gets the settings of ${machine}, as you said`;
    case 'left-out':
      return `${machine} is left out, as you said`;
    case 'waiting':
      return [
        { text: 'not known here: ', tone: 'warn' },
        `${machine}; its settings wait until it joins (signet machine join ${machine})`,
      ];
  }
}
