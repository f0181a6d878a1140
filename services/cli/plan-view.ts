/** How a plan looks to people: whom a change concerns, what becomes of each machine, and what would be wrong. */
import { faults } from '../errors.ts';
import type { DraftPlan } from '../schema/types.generated.ts';
import { changeLine } from './diff-view.ts';
import type { Printer } from './print.ts';

export function showPlan(print: Printer, plan: DraftPlan): void {
  print.show(plan, () => {
    planLines(print, plan);
    print.note({ text: 'only a plan: your draft is as it was', tone: 'dim' });
  });
}

export function planLines(print: Printer, plan: DraftPlan): void {
  for (const sentence of plan.structure) print.line(sentence);
  for (const { machine, settings, diff } of plan.machines) {
    print.line({ text: machine, tone: 'strong' });
    for (const change of settings) print.line(changeLine(change));
    if (diff !== '') print.diff(diff);
  }
  if (plan.unchanged.length > 0) {
    print.line({ text: `nothing changes on ${named(plan.unchanged)}`, tone: 'dim' });
  }
  const wrong = faults(plan.findings);
  const rest = plan.findings.filter((finding) => !wrong.includes(finding));
  if (wrong.length > 0) print.note({ text: '\nThe commit would be refused:', tone: 'bad' });
  print.findings(wrong);
  if (rest.length > 0) print.note({ text: '\nWorth knowing:', tone: 'warn' });
  print.findings(rest);
}

function named(machines: readonly string[]): string {
  return machines.length <= 10
    ? machines.join(', ')
    : `${machines.slice(0, 10).join(', ')} and ${machines.length - 10} more`;
}
