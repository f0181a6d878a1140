/** A notice as a mail that people read: what is the matter, what fails with it, what to do. Pure. */
import type { Alert, AlertNotice } from '../schema/types.generated.ts';
import { daysLeft } from './ladder.ts';

const width = 76;

/** The subject, short enough for a list of messages. */
export function subjectOf({ test, alerts, cleared, time }: AlertNotice): string {
  if (test) return 'Signet: test of the alerts';
  const [first] = alerts;
  if (!first) return `Signet: ${cleared.length === 1 ? '1 alert is over' : `${cleared.length} alerts are over`}`;
  const more = alerts.length === 1 ? '' : `, and ${alerts.length - 1} more`;
  return `Signet: ${nameOf(first)} ${when(first, new Date(time))}${more}`;
}

/** The text, in lines of at most 76 characters where words allow. */
export function textOf({ test, alerts, cleared, time }: AlertNotice): string {
  const now = new Date(time);
  const parts = [
    ...(test ? ['This is a test: alerts of Signet arrive here. Nothing is the matter.'] : []),
    ...alerts.map((alert) => paragraph(alert, now)),
    ...(cleared.length > 0
      ? [['Over:', ...cleared.map(({ summary }) => wrapped(`- ${summary}`, '  '))].join('\n')]
      : []),
  ];
  const footer =
    test || alerts.length === 0 ? [] : ['To be told no more until it gets worse: signet alert acknowledge ID'];
  return `${[...parts, ...footer].join('\n\n')}\n`;
}

function paragraph(alert: Alert, now: Date): string {
  return [
    wrapped(`${capital(nameOf(alert))} ${when(alert, now)}: ${alert.summary}.`),
    ...alert.breaks.map(({ pointer, machines, count }) => {
      const more = count > machines.length ? ` and ${count - machines.length} more` : '';
      return wrapped(`- ${pointer} on ${machines.join(', ')}${more}`, '  ');
    }),
    ...(alert.kind === 'expiry' && alert.breaks.length === 0 ? ['- no setting of a machine uses it'] : []),
    wrapped(`What to do: ${alert.remedy}.`),
    `Alert: ${alert.id}`,
  ].join('\n');
}

function nameOf({ kind, machine, destination, certificate }: Alert): string {
  if (kind === 'tls-required') return destination ?? 'a destination';
  if (kind === 'not-served') return machine ?? 'a machine';
  if (kind === 'save-failed' || kind === 'save-overdue') return 'the configuration';
  return certificate?.subject ?? 'a certificate';
}

function when({ kind, due }: Alert, now: Date): string {
  if (kind === 'tls-required') return 'cannot have the TLS it requires';
  if (kind === 'not-served') return 'does not serve what it should';
  if (kind === 'save-failed') return 'is not saved as scheduled';
  if (kind === 'save-overdue') return 'has no good save for long';
  const left = daysLeft(new Date(due), now);
  if (left > 0) return left < 1 ? 'expires today' : `expires in ${count(Math.floor(left))}`;
  return left > -1 ? 'has expired' : `expired ${count(Math.floor(-left))} ago`;
}

function count(days: number): string {
  return days === 1 ? '1 day' : `${days} days`;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function wrapped(text: string, indent = ''): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(last === undefined ? word : indent + word);
  }
  return lines.join('\n');
}
