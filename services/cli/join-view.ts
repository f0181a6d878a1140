/** How the plan of a join looks to people: what the machine is, and what becomes of what it has. */
import type { JoinPlan } from '../schema/types.generated.ts';
import { showComparison } from './archive.ts';
import { moment, type Printer, type Span } from './print.ts';

export function showJoinPlan(print: Printer, plan: JoinPlan, adopt: boolean): void {
  const { name, group, hostKey, facts, known, replaces, notes } = plan;
  const layer = (adopt ? plan.adopted : undefined) ?? plan.layer;
  const { postfix, nginx, bootHook } = facts;
  const hook: Span = bootHook === 'none' ? { text: 'none: revert not reboot-safe', tone: 'warn' } : bootHook;
  print.line({ text: name, tone: 'strong' });
  print.facts([
    ['plan', `${plan.id}, until ${moment(plan.expires)}`],
    ['host key', { text: hostKey, tone: 'strong' }],
    ['host name', facts.hostname],
    ['system', facts.os],
    ['postfix', postfix ? `${postfix.version}, ${postfix.running ? 'running' : 'not running'}` : 'none found'],
    ...(nginx ? [['nginx', `${nginx.version}, ${nginx.running ? 'running' : 'not running'}`] as const] : []),
    ['addresses', facts.addresses.join(', ')],
    ['boot hook', hook],
    ['free space', `${Math.round(facts.freeKilobytes / 1024)} MB`],
    ...(facts.clockSkewSeconds === undefined
      ? []
      : [['clock', Math.abs(facts.clockSkewSeconds) < 2 ? 'right' : `${facts.clockSkewSeconds} seconds off`] as const]),
    ['group', group],
    ['own settings', Object.keys(layer).length === 0 ? 'none' : JSON.stringify(layer)],
    ...(known
      ? [
          [
            'was a member',
            `as ${known.name} until ${moment(known.left)}, archive: ${known.settings.join(', ') || 'empty'}`,
          ] as const,
        ]
      : []),
    ...(replaces
      ? [['replaces', `${replaces.name}, with ${replaces.settings.join(', ') || 'no settings'}`] as const]
      : []),
    ...plan.certificates.map(
      ({ path, subject, expires }) => ['certificate', `${subject}, expires ${moment(expires)}, ${path}`] as const,
    ),
    ...(adopt ? [] : (['adopted', 'restored'] as const)).flatMap((start) =>
      (plan.faults?.[start] ?? []).map(
        ({ detail }) => [start, { text: `it would be refused: ${detail}`, tone: 'warn' }] as const,
      ),
    ),
    ...notes.map((note) => ['note', { text: note, tone: 'warn' }] as const),
  ]);
  if (known && !adopt) {
    print.line('\nwhat its archive would change:');
    showComparison(print, known.comparison);
  }
  if (plan.present.length === 0) return;
  print.line(`\nTLS settings it has, and what becomes of them${adopt ? ' (adopted)' : ''}:`);
  print.table(
    ['where', 'setting', adopt ? 'adopted' : 'the cluster applies', ...(adopt ? [] : ['with --adopt'])],
    plan.present.map(({ place, name: setting, value, adopted, applied }) => [
      place,
      `${setting} = ${value}`,
      verdict(adopt ? adopted : applied),
      ...(adopt ? [] : [verdict(adopted)]),
    ]),
  );
}

function verdict({ verdict: word, setting, level, value, reason }: JoinPlan['present'][number]['adopted']): Span {
  switch (word) {
    case 'kept':
      return { text: setting === undefined ? 'kept, its own' : `kept as ${setting}`, tone: 'good' };
    case 'replaced':
      return { text: `replaced by ${value ?? ''} (${level ?? ''})`, tone: 'warn' };
    case 'lost':
      return { text: `lost: ${reason ?? ''}`, tone: 'bad' };
  }
}
