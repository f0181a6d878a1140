/** Alerts: what needs a person is recorded, told once a rung, acknowledged and silenced. The only file here that touches the store. */
import { createHash } from 'node:crypto';

import { NamedError } from '../errors.ts';
import { canonicalJson } from '../schema/json.ts';
import { parse } from '../schema/parse.ts';
import type { AlertNotice, AlertRecord, AlertView } from '../schema/types.generated.ts';
import { keys } from '../store/keys.ts';
import { readAll } from '../store/read-all.ts';
import { unchanged, type Compare, type Entry, type Store } from '../store/store.ts';
import { assess, isRaised, stateOf } from './assess.ts';
import type { AlertDeps, AlertKeeper, AlertService, Checked } from './contract.ts';
import { deliver, type Delivery } from './deliver.ts';
import { expiring } from './expiring.ts';
import { heldBack } from './held-back.ts';
import { heardBy, inOrder, missedBy, noticeFor } from './notice.ts';
import { alertSettings, recipientsOf, type Recipient } from './recipients.ts';
import { survey } from './survey.ts';
import { unsaved } from './unsaved.ts';
import { unserved } from './unserved.ts';

export type { AlertKeeper, AlertService } from './contract.ts';

export function alertService({
  store,
  config,
  pki,
  authorities,
  push,
  sessions,
  saves,
  now,
}: AlertDeps): AlertService & AlertKeeper {
  return {
    async list() {
      const raised = (await records(store)).filter(isRaised);
      const byId = new Map(raised.map((record) => [record.alert.id, record]));
      return inOrder(raised).flatMap(({ id }) => {
        const record = byId.get(id);
        return record ? [view(record)] : [];
      });
    },
    acknowledge: (id, by) =>
      mark(id, (record) => ({ acknowledged: { by, time: now().toISOString(), rung: record.alert.rung } })),
    silence: (id, until, by) => mark(id, () => ({ silenced: { by, until } })),
    test,
    check,
  };

  async function check(fence: Compare, signal: AbortSignal): Promise<Checked> {
    const { configuration, held, serving, settings: effective } = await survey({ config, pki, authorities, push });
    const failing = await sessions.failing();
    const settings = alertSettings(configuration);
    const recipients = recipientsOf(settings);
    const moment = { recipients: recipients.map(({ name }) => name), now: now() };
    const before = await records(store);
    const conditions = new Map(
      [
        ...expiring(held, settings.ladder),
        ...unserved(serving, before, moment.now),
        ...heldBack(failing, effective, before),
        ...unsaved(await saves.state()),
      ].map((one) => [one.id, one]),
    );
    const after: AlertRecord[] = [];
    for (const id of new Set([...before.map(({ alert }) => alert.id), ...conditions.keys()])) {
      // Onto the record as it is by now: someone may have acknowledged it meanwhile.
      const record = await amend(id, (present) => assess(conditions.get(id), present, moment), fence);
      if (record) after.push(record);
    }
    const failed: Delivery[] = [];
    for (const { notice, to } of notices(recipients, after, moment.now)) {
      if (signal.aborted) break;
      await passes(fence);
      const deliveries = await deliver(notice, to, settings, signal);
      for (const delivery of deliveries) await write(notice, delivery, fence);
      failed.push(...deliveries.filter(({ delivered }) => !delivered));
    }
    return { alerts: after.filter(isRaised).length, failed, next: nextOf(after) };
  }

  /** Records, for one recipient, what became of every alert in a notice. */
  async function write(notice: AlertNotice, { recipient, delivered, detail }: Delivery, fence: Compare): Promise<void> {
    for (const { id } of [...notice.alerts, ...notice.cleared]) {
      const record = (present: AlertRecord | undefined) =>
        present && (delivered ? heardBy(recipient, present, notice) : missedBy(recipient, present, detail));
      await amend(id, record, fence);
    }
  }

  async function test(signal: AbortSignal): Promise<readonly Delivery[]> {
    const { number } = await config.head();
    const settings = alertSettings(await config.configuration(number));
    const recipients = recipientsOf(settings);
    if (recipients.length === 0) {
      throw new NamedError(
        'invalid-input',
        'nobody is told of alerts; set alerts/mail or alerts/webhooks at the cluster level and commit',
      );
    }
    const time = now().toISOString();
    const id = createHash('sha256').update(`test ${time}`).digest('hex');
    return deliver({ id, time, test: true, alerts: [], cleared: [] }, recipients, settings, signal);
  }

  async function mark(
    id: string,
    marks: (record: AlertRecord) => Pick<AlertRecord, 'acknowledged' | 'silenced'>,
  ): Promise<AlertView> {
    const marked = await amend(id, (present) => {
      if (present && isRaised(present)) return { ...present, ...marks(present) };
      throw new NamedError('not-found', `there is no alert ${id}; see "signet alert list"`);
    });
    return view(marked ?? unreachable(id));
  }

  /** Applies `change` to the record as it is now; undefined removes it. Writes nothing when nothing changes. */
  async function amend(
    id: string,
    change: (present: AlertRecord | undefined) => AlertRecord | undefined,
    fence?: Compare,
  ): Promise<AlertRecord | undefined> {
    const key = keys.alert(id);
    for (;;) {
      const entry = await store.get(key);
      const changed = change(entry && recordIn(entry));
      const value = changed && canonicalJson(changed);
      if (value === entry?.value) return changed;
      const { applied } = await store.transact({
        compare: [unchanged(key, entry), ...(fence ? [fence] : [])],
        writes: [value === undefined ? { delete: key } : { put: key, value }],
      });
      if (applied) return changed;
      if (fence) await passes(fence);
    }
  }

  async function passes(fence: Compare): Promise<void> {
    const { applied } = await store.transact({ compare: [fence], writes: [] });
    if (applied) return;
    throw new NamedError('interrupted', 'another controller leads by now, and tells what is to be told');
  }

  function view(record: AlertRecord): AlertView {
    const { alert, told, failed, acknowledged, silenced } = record;
    const state = stateOf(record, now());
    return {
      alert,
      state,
      ...(state === 'acknowledged' && acknowledged ? { acknowledged } : {}),
      ...(state === 'silenced' && silenced ? { silenced } : {}),
      told: Object.keys(told),
      undelivered: Object.entries(failed).map(([recipient, detail]) => ({ recipient, detail })),
    };
  }
}

/** What is to be told now: one notice for all who are to hear the same. */
function notices(
  recipients: readonly Recipient[],
  records: readonly AlertRecord[],
  now: Date,
): readonly { readonly notice: AlertNotice; readonly to: readonly Recipient[] }[] {
  const out = new Map<string, { readonly notice: AlertNotice; readonly to: Recipient[] }>();
  for (const recipient of recipients) {
    const notice = noticeFor(recipient.name, records, now);
    const same = notice && out.get(notice.id);
    if (same) same.to.push(recipient);
    else if (notice) out.set(notice.id, { notice, to: [recipient] });
  }
  return [...out.values()];
}

/** When the first of those that wait is due. */
function nextOf(records: readonly AlertRecord[]): Date | undefined {
  const due = records.filter(({ pending }) => pending).map(({ alert }) => Date.parse(alert.due));
  return due.length === 0 ? undefined : new Date(Math.min(...due));
}

async function records(store: Store): Promise<readonly AlertRecord[]> {
  return (await readAll(store, keys.alerts)).map(recordIn);
}

function recordIn({ key, value }: Entry): AlertRecord {
  return parse('alert-record', JSON.parse(value), `the record ${key}`);
}

function unreachable(id: string): never {
  throw new Error(`the alert ${id} was marked and is gone`);
}
