/** Notices: what a recipient has not heard yet, as one message, and what is recorded of it afterwards. Pure. */
import { createHash } from 'node:crypto';

import type { AlertNotice, AlertRecord } from '../schema/types.generated.ts';
import { isRaised, stateOf } from './assess.ts';

/** What one recipient is to be told now; undefined when there is nothing. */
export function noticeFor(recipient: string, records: readonly AlertRecord[], now: Date): AlertNotice | undefined {
  const heard = (record: AlertRecord) => record.told[recipient];
  const cleared = records.filter((record) => record.cleared !== undefined && heard(record) !== undefined);
  const raised = records.filter(
    (record) => isRaised(record) && stateOf(record, now) === 'open' && record.alert.rung < (heard(record) ?? Infinity),
  );
  if (raised.length + cleared.length === 0) return undefined;
  const told = { alerts: inOrder(raised), cleared: inOrder(cleared) };
  return { id: noticeId(told), time: now.toISOString(), test: false, ...told };
}

/** The record once `recipient` was told what `notice` says of it; undefined when nothing is left to be told. */
export function heardBy(recipient: string, record: AlertRecord, { alerts }: AlertNotice): AlertRecord | undefined {
  const { [recipient]: _told, ...others } = record.told;
  const { [recipient]: _failed, ...failed } = record.failed;
  const sent = alerts.find(({ id }) => id === record.alert.id);
  if (sent) return { ...record, told: { ...others, [recipient]: sent.rung }, failed };
  if (record.cleared !== undefined && Object.keys(others).length === 0) return undefined;
  return { ...record, told: others, failed };
}

/** The record after `recipient` could not be told. */
export function missedBy(recipient: string, record: AlertRecord, detail: string): AlertRecord {
  return { ...record, failed: { ...record.failed, [recipient]: detail } };
}

/** The most urgent first. */
export function inOrder(records: readonly AlertRecord[]): AlertNotice['alerts'] {
  return records
    .map(({ alert }) => alert)
    .sort((a, b) => Date.parse(a.due) - Date.parse(b.due) || (a.id < b.id ? -1 : 1));
}

/** The same for the same news, so that whoever gets it twice can tell. */
function noticeId({ alerts, cleared }: Pick<AlertNotice, 'alerts' | 'cleared'>): string {
  const news = [alerts.map(({ id, rung, since }) => [id, rung, since]), cleared.map(({ id, since }) => [id, since])];
  return createHash('sha256').update(JSON.stringify(news)).digest('hex');
}
