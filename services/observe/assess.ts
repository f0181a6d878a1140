/** What becomes of the recorded alerts, given what is the matter now: raised, gone to the next rung, or over. Pure. */
import type { Alert, AlertRecord, AlertView } from '../schema/types.generated.ts';
import { nextRung } from './ladder.ts';

/** Something that is an alert once the first of its rungs is reached. */
export interface Condition extends Omit<Alert, 'rung' | 'since'> {
  /** Days before it is due. */
  readonly rungs: readonly number[];
}

export interface Moment {
  /** Those who are to be told; what is recorded of others is forgotten. */
  readonly recipients: readonly string[];
  readonly now: Date;
}

/** The record as it should be, given what is the matter now, if anything still is; undefined when none is to be kept. */
export function assess(
  condition: Condition | undefined,
  record: AlertRecord | undefined,
  { recipients, now }: Moment,
): AlertRecord | undefined {
  const present = record && pruned(record, recipients);
  return condition ? follow(condition, present, now) : over(present, now);
}

/** Whether anybody is to be told of it, at a time. The next rung ends an acknowledgement, its date a silence. */
export function stateOf({ alert, acknowledged, silenced }: AlertRecord, now: Date): AlertView['state'] {
  if (silenced && Date.parse(silenced.until) > now.getTime()) return 'silenced';
  return acknowledged && alert.rung >= acknowledged.rung ? 'acknowledged' : 'open';
}

/** Whether it is an alert now, and not one to be or one that was. */
export function isRaised({ pending, cleared }: AlertRecord): boolean {
  return pending === undefined && cleared === undefined;
}

function follow({ rungs, ...facts }: Condition, record: AlertRecord | undefined, now: Date): AlertRecord | undefined {
  const before = record && isRaised(record) ? record.alert : undefined;
  const rung = nextRung({ due: new Date(facts.due), rungs, now }, before?.rung);
  if (rung === undefined) return facts.kind === 'not-served' ? waiting(facts, record, now) : over(record, now);
  const alert: Alert = { ...facts, rung, since: before?.since ?? now.toISOString() };
  if (!record || record.pending) return { alert, told: {}, failed: {} };
  const { cleared: _cleared, acknowledged, told, ...rest } = record;
  return {
    ...rest,
    alert,
    // Who has heard of a lower rung heard it from a clock that was ahead; what is below this one is news again.
    told: Object.fromEntries(Object.entries(told).map(([recipient, at]) => [recipient, Math.max(at, rung)])),
    ...(acknowledged && rung >= acknowledged.rung ? { acknowledged } : {}),
  };
}

/** Kept before it is an alert, since nothing else says since when it is so. */
function waiting(facts: Omit<Alert, 'rung' | 'since'>, record: AlertRecord | undefined, now: Date): AlertRecord {
  const since = record?.pending ? record.alert.since : now.toISOString();
  return { alert: { ...facts, rung: 0, since }, pending: true, told: {}, failed: {} };
}

function over(record: AlertRecord | undefined, now: Date): AlertRecord | undefined {
  if (!record || Object.keys(record.told).length === 0) return undefined;
  const { alert, told, cleared = now.toISOString() } = record;
  return { alert, told, failed: {}, cleared };
}

function pruned(record: AlertRecord, recipients: readonly string[]): AlertRecord {
  const only = <T>(all: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(all).filter(([recipient]) => recipients.includes(recipient)));
  return { ...record, told: only(record.told), failed: only(record.failed) };
}
