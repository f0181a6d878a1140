/** The configuration saved by itself: the schedule, what came of each save, and its passphrase. The only file here that touches the store. */
import { isNamed, NamedError } from '../../errors.ts';
import type { RemoteFolder } from '../../push/sftp.ts';
import { parse } from '../../schema/parse.ts';
import type { SavedFile, SaveSchedule, SaveScheduleRequest, SaveScheduleView } from '../../schema/types.generated.ts';
import { keys } from '../../store/keys.ts';
import type { Compare, Entry } from '../../store/store.ts';
import type { Saved, ScheduleDeps, ScheduleKeeper, ScheduleService } from './contract.ts';
import * as record from './record.ts';
import { nameOf } from './retention.ts';
import { save, type Outcome } from './save.ts';
import { openTarget, targetOf } from './target.ts';
import { dueAt, longestMilliseconds, overdueSince } from './when.ts';

interface Stored {
  readonly entry: Entry;
  readonly schedule: SaveSchedule;
}

/** One save that is under way. */
interface Begun {
  readonly id: string;
  /** As it was found. */
  readonly schedule: SaveSchedule;
  readonly name: string;
  readonly revision: number;
  readonly time: Date;
  readonly fence: Compare | undefined;
}

export function scheduleService(deps: ScheduleDeps): ScheduleService & ScheduleKeeper {
  const { store, secrets, config, backup, now } = deps;

  return { show, set, off, run, state, saveIfDue };

  async function show(): Promise<SaveScheduleView> {
    const { schedule } = await scheduled();
    return record.viewOf(schedule, now(), schedule.target.sftp ? (await deps.sshKey()).publicKey : undefined);
  }

  async function set(by: string, request: SaveScheduleRequest): Promise<SaveScheduleView> {
    const target = await targetOf(deps, request);
    const { every, keep, passphrase } = request;
    const id = `save-schedule-${newId()}`;
    const before = await read();
    if (passphrase !== undefined) await secrets.put(id, Buffer.from(passphrase));
    else if (!before) throw new NamedError('invalid-input', 'the passphrase to encrypt with is missing; give one');
    const sealed = passphrase === undefined ? before?.schedule.passphrase : undefined;
    const wish = { every, keep, target, passphrase: sealed ?? id, set: { by, time: now().toISOString() } };
    if (!(await write(record.setAnew(before?.schedule, wish), before?.entry))) {
      if (passphrase !== undefined) await secrets.remove(id);
      throw new NamedError('store-conflict', 'the schedule changed at the same time; set it again', {
        transient: true,
      });
    }
    if (before && before.schedule.passphrase !== wish.passphrase) await secrets.remove(before.schedule.passphrase);
    return show();
  }

  async function off(): Promise<void> {
    const { schedule } = await scheduled();
    await store.transact({ compare: [], writes: [{ delete: keys.saveSchedule }] });
    await secrets.remove(schedule.passphrase);
  }

  async function state() {
    const found = await read();
    if (!found) return { kind: 'none' } as const;
    const { problem, target } = found.schedule;
    // Before the first commit there is nothing to save, and then the first save is a moment away.
    const overdue = (await config.head()).number > 0 ? overdueSince(found.schedule, now()) : undefined;
    return {
      ...({ kind: 'scheduled', target } as const),
      ...(problem ? { problem } : {}),
      ...(overdue ? { overdue: overdue.toISOString() } : {}),
    };
  }

  async function run(): Promise<SavedFile> {
    const { number } = await config.head();
    if (number === 0) {
      throw new NamedError(
        'precondition-failed',
        'nothing was committed yet, so there is nothing to save; commit first',
      );
    }
    const begun = await begin(await scheduled(), number);
    if (!begun) throw new NamedError('busy', 'a save is under way; wait until it has ended', { transient: true });
    const { file, error } = await carryOut(begun);
    if (file && !error) return file;
    throw error ?? new Error('a save ended without file or error');
  }

  async function saveIfDue(fence: Compare): Promise<Saved | undefined> {
    const found = await read();
    if (!found || dueAt(found.schedule, now()) > now()) return undefined;
    const { number } = await config.head();
    const begun = number === 0 ? undefined : await begin(found, number, fence);
    if (!begun) return undefined;
    const { file, error } = await carryOut(begun);
    if (error) return { kind: 'failed', code: error.code, detail: error.message };
    return file && { kind: 'saved', file };
  }

  /** Marks that it is under way; undefined when another one is, or was in this very second. */
  async function begin({ schedule, entry }: Stored, revision: number, fence?: Compare): Promise<Begun | undefined> {
    const time = now();
    const { started, last = '', files } = schedule;
    if (started && Math.abs(time.getTime() - Date.parse(last)) < longestMilliseconds) return undefined;
    const [id, name] = [newId(), nameOf(time, revision)];
    if (files.some((file) => file.name === name) || record.unfinishedOf(schedule).includes(name)) return undefined;
    const isMine = await write(record.begun(schedule, { id, name }, time), entry, fence);
    return isMine ? { id, schedule, name, revision, time, fence } : undefined;
  }

  async function carryOut(begun: Begun): Promise<Outcome> {
    const { schedule, name } = begun;
    let outcome: Outcome;
    try {
      outcome = await outcomeOf(begun);
    } catch (error) {
      // A bug must not leave it under way, nor repeat itself every minute.
      const hidden = new NamedError('interrupted', 'an internal error; see the log of signetd', { cause: error });
      await conclude({ files: schedule.files, unfinished: [...record.unfinishedOf(schedule), name], error: hidden });
      throw error;
    }
    await conclude(outcome);
    if (outcome.bug) throw outcome.bug;
    return outcome;

    function conclude(end: record.End): Promise<boolean> {
      return amend(begun, (present) => record.ended(present, end, schedule.problem, now()));
    }
  }

  async function outcomeOf(begun: Begun): Promise<Outcome> {
    const { schedule, name, revision, time } = begun;
    const { target, keep, files } = schedule;
    const unfinished = record.unfinishedOf(schedule);
    let folder: RemoteFolder | undefined;
    try {
      const passphrase = Buffer.from(await secrets.get(schedule.passphrase)).toString('utf8');
      const text = await backup.save({ revision, passphrase });
      folder = await openTarget(deps, target);
      const opened = folder;
      const timer = setTimeout(() => opened.close(), longestMilliseconds);
      try {
        const host = target.sftp ? undefined : deps.hostname;
        const verify = (saved: string) => backup.verify(saved, passphrase);
        const keepRecord = (all: readonly SavedFile[]) => amend(begun, (present) => ({ ...present, files: all }));
        return await save({ folder, name, revision, time, host, text, keep, files, unfinished, verify, keepRecord });
      } finally {
        clearTimeout(timer);
      }
    } catch (error) {
      if (!isNamed(error)) throw error;
      return { files, unfinished, error };
    } finally {
      folder?.close();
    }
  }

  /**
   * Changes the schedule as it is by now; false when it was set anew, or off, since the save began. Throws `interrupted` once
   * another controller leads.
   */
  async function amend({ id, fence }: Begun, change: (present: SaveSchedule) => SaveSchedule): Promise<boolean> {
    for (;;) {
      const found = await read();
      const mine = found?.schedule.started?.id === id ? found : undefined;
      if (mine && (await write(change(mine.schedule), mine.entry, fence))) return true;
      if (fence && !(await store.transact({ compare: [fence], writes: [] })).applied) {
        throw new NamedError('interrupted', 'another controller leads by now, and saves what is to be saved');
      }
      if (!mine) return false;
    }
  }

  async function scheduled(): Promise<Stored> {
    const found = await read();
    if (found) return found;
    throw new NamedError('not-found', 'no saves are scheduled; see "signet config schedule set"');
  }

  async function read(): Promise<Stored | undefined> {
    const entry = await store.get(keys.saveSchedule);
    return entry && { entry, schedule: parse('save-schedule', JSON.parse(entry.value), `the record ${entry.key}`) };
  }

  async function write(schedule: SaveSchedule, entry: Entry | undefined, fence?: Compare): Promise<boolean> {
    const key = keys.saveSchedule;
    const unchanged: Compare = entry ? { key, modRevision: entry.modRevision } : { key, absent: true };
    const writes = [{ put: key, value: JSON.stringify(schedule) }];
    return (await store.transact({ compare: [unchanged, ...(fence ? [fence] : [])], writes })).applied;
  }

  function newId(): string {
    return Buffer.from(deps.random(8)).toString('hex');
  }
}
