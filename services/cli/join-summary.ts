/** How the plans of many machines look to people: one line each, then what would be lost, what to know, and who cannot join. */
import type { Finding } from '../errors.ts';
import type { JoinPlan } from '../schema/types.generated.ts';
import type { Printer, Span, Text } from './print.ts';

export interface Planned {
  readonly name: string;
  /** `member`: it is one already, with this identity. */
  readonly state: 'ready' | 'member' | 'refused';
  readonly plan?: JoinPlan;
  /** Why it is refused. */
  readonly findings: readonly Finding[];
}

type Word = JoinPlan['present'][number]['adopted']['verdict'];

export function showSummary(print: Printer, planned: readonly Planned[], adopt: boolean): void {
  const verdictOf = (setting: JoinPlan['present'][number]) => (adopt ? setting.adopted : setting.applied);
  print.table(
    ['machine', 'host key', 'group', `TLS settings${adopt ? ' (adopted)' : ''}`, 'certificates', ''],
    planned.map(({ name, plan, state }): readonly Text[] => {
      const words = plan?.present.map((setting) => verdictOf(setting).verdict) ?? [];
      const certificates = plan ? String(plan.certificates.length) : '-';
      return [
        { text: name, tone: 'strong' },
        plan?.hostKey ?? '-',
        plan?.group ?? '-',
        plan ? counted(words) : '-',
        certificates,
        stateSpan(state),
      ];
    }),
  );
  const ready = planned.filter(({ state }) => state === 'ready');
  const changes = ready.flatMap(({ name, plan }) =>
    (plan?.present ?? []).flatMap((setting) => {
      const { verdict, reason, value, level } = verdictOf(setting);
      if (verdict === 'kept') return [];
      const what = verdict === 'lost' ? `lost: ${reason ?? ''}` : `replaced by ${value ?? ''} (${level ?? ''})`;
      return [[name, `${setting.place}  ${setting.name} = ${setting.value}  ${what}`] as const];
    }),
  );
  list(print, '\nLost or replaced:', changes);
  list(
    print,
    '\nWorth knowing:',
    ready.flatMap(({ name, plan }) => (plan?.notes ?? []).map((note) => [name, note] as const)),
  );
  const refused = planned.filter(({ state }) => state === 'refused');
  if (refused.length > 0) print.note({ text: '\nThese cannot join:', tone: 'bad' });
  print.findings(refused.flatMap(({ findings }) => findings));
}

/** The same said of several machines is said once. */
function list(print: Printer, title: string, said: readonly (readonly [machine: string, text: string])[]): void {
  const machines = new Map<string, string[]>();
  for (const [machine, text] of said) machines.set(text, [...(machines.get(text) ?? []), machine]);
  if (machines.size === 0) return;
  print.line({ text: title, tone: 'warn' });
  for (const [text, names] of machines) print.line([{ text: `  ${names.join(', ')}`, tone: 'strong' }, `: ${text}`]);
}

function counted(words: readonly Word[]): Text {
  const tones = { kept: 'good', replaced: 'warn', lost: 'bad' } as const;
  return (['kept', 'replaced', 'lost'] as const).flatMap((word): Span[] => {
    const count = words.filter((one) => one === word).length;
    if (count === 0 && word !== 'kept') return [];
    return [...(word === 'kept' ? [] : [', ']), { text: `${count} ${word}`, tone: tones[word] }];
  });
}

function stateSpan(state: Planned['state']): Span {
  switch (state) {
    case 'ready':
      return { text: 'can join', tone: 'good' };
    case 'member':
      return { text: 'is a member already', tone: 'dim' };
    case 'refused':
      return { text: 'cannot join', tone: 'bad' };
  }
}
