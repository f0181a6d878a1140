/** How the audit trail in a configuration file looks to people. */
import type { TakeOver } from '../schema/types.generated.ts';
import type { Printer } from './print.ts';

export function showTrail(print: Printer, trail: TakeOver['trail']): void {
  if (!trail) return;
  const { entries, newest, faults } = trail;
  print.line(`audit trail: ${entries} entries${newest ? ` up to seal ${newest.number}:${newest.digest}` : ''}`);
  for (const fault of faults) print.note({ text: fault, tone: 'bad' });
}
