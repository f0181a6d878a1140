/** The configuration saved by itself: the schedule, what came of each save, and its passphrase. The only file here that touches the store. */
import { isDeepStrictEqual } from 'node:util';

import { isNamed, NamedError } from '../../errors.ts';
import { fingerprint } from '../../push/ssh.ts';
import type { RemoteFolder } from '../../push/sftp.ts';
import { parse } from '../../schema/parse.ts';
import type {
  SavedFile,
  SaveProblem,
  SaveSchedule,
  SaveScheduleRequest,
  SaveScheduleView,
  SaveTarget,
} from '../../schema/types.generated.ts';
import { keys } from '../../store/keys.ts';
import type { Compare, Entry } from '../../store/store.ts';
import type { Saved, ScheduleDeps, ScheduleKeeper, ScheduleService } from './contract.ts';
import { localFolder } from './local-folder.ts';
import { nameOf } from './retention.ts';
import { save, type Outcome } from './save.ts';
import { dueAt, longestMilliseconds } from './when.ts';

interface Stored {
  readonly entry: Entry;
  readonly schedule: SaveSchedule;
}

/** What one save was begun with. */
interface Begun {
  readonly id: string;
  readonly schedule: SaveSchedule;
  readonly unfinished: readonly string[];
  readonly name: string;
  readonly revision: number;
  readonly time: Date;
}

export function scheduleService(deps: ScheduleDeps): ScheduleService & ScheduleKeeper {
  const { store, secrets, config, backup, now } = deps;

  return { show, set, off, run, state, saveIfDue };

  async function show(): Promise<SaveScheduleView> {
    const { schedule } = await scheduled();
    const { every, keep, target, set: author, files, problem, started } = schedule;
    const lastGood = files.find(({ proven }) => proven);
    return {
      ...{
        every,
        keep,
        target,
        set: author,
        next: dueAt(schedule, now()).toISOString(),
        running: started !== undefined,
        files,
      },
      ...(target.sftp ? { publicKey: (await deps.sshKey()).publicKey } : {}),
      ...(lastGood ? { lastGood } : {}),
      ...(problem ? { problem } : {}),
    };
  }

  async function set(by: string, request: SaveScheduleRequest): Promise<SaveScheduleView> {
    const target = await targetOf(request);
    const { every, keep, passphrase } = request;
    const id = `save-schedule-${newId()}`;
    const before = await read();
    if (passphrase !== undefined) await secrets.put(id, Buffer.from(passphrase));
    else if (!before) throw new NamedError('invalid-input', 'the passphrase to encrypt with is missing; give one');
    const sealed = passphrase === undefined ? before?.schedule.passphrase : undefined;
    const there = before && isDeepStrictEqual(before.schedule.target, target) ? before.schedule : undefined;
    const schedule: SaveSchedule = {
      ...{ every, keep, target, passphrase: sealed ?? id, set: { by, time: now().toISOString() } },
      files: there?.files ?? [],
      ...(there?.last === undefined ? {} : { last: there.last }),
      ...(there?.started === undefined ? {} : { started: there.started }),
      ...(there?.unfinished === undefined ? {} : { unfinished: there.unfinished }),
    };
    if (!(await write(schedule, before?.entry))) {
      if (passphrase !== undefined) await secrets.remove(id);
      throw new NamedError('store-conflict', 'the schedule changed at the same time; set it again', {
        transient: true,
      });
    }
    if (before && before.schedule.passphrase !== schedule.passphrase) await secrets.remove(before.schedule.passphrase);
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
    return problem ? ({ kind: 'failing', problem, target } as const) : ({ kind: 'ok' } as const);
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
    const { file, error } = await carryOut(begun, fence);
    if (error) return { kind: 'failed', code: error.code, detail: error.message };
    return file && { kind: 'saved', file };
  }

  /** Marks that it is under way; undefined when another one is. That it began counts, however it ends: a crash is not repeated at once. */
  async function begin({ schedule, entry }: Stored, revision: number, fence?: Compare): Promise<Begun | undefined> {
    const time = now();
    const { started, last, unfinished = [] } = schedule;
    if (started && time.getTime() - Date.parse(last ?? '') < longestMilliseconds) return undefined;
    const id = newId();
    const name = nameOf(time, revision);
    const left = [...unfinished, ...(started ? [started.name] : [])];
    const marked = { ...schedule, last: time.toISOString(), started: { id, name } };
    const isMine = await write({ ...marked, unfinished: left }, entry, fence);
    return isMine ? { id, schedule, unfinished: left, name, revision, time } : undefined;
  }

  async function carryOut(begun: Begun, fence?: Compare): Promise<Outcome> {
    let outcome: Outcome;
    try {
      outcome = await outcomeOf(begun);
    } catch (error) {
      // A bug must not leave it under way, nor repeat itself every minute.
      const hidden = new NamedError('interrupted', 'an internal error; see the log of signetd', { cause: error });
      const unfinished = [...begun.unfinished, begun.name];
      await conclude(begun, { files: begun.schedule.files, unfinished, error: hidden }, fence);
      throw error;
    }
    await conclude(begun, outcome, fence);
    if (outcome.bug) throw outcome.bug;
    return outcome;
  }

  async function outcomeOf({ schedule, unfinished, name, revision, time }: Begun): Promise<Outcome> {
    const { target, keep, files } = schedule;
    let folder: RemoteFolder | undefined;
    try {
      const passphrase = Buffer.from(await secrets.get(schedule.passphrase)).toString('utf8');
      const text = await backup.save({ revision, passphrase });
      folder = await open(target);
      const opened = folder;
      const timer = setTimeout(() => opened.close(), longestMilliseconds);
      try {
        const host = target.sftp ? undefined : deps.hostname;
        const verify = (saved: string) => backup.verify(saved, passphrase);
        return await save({ folder, name, revision, time, host, text, keep, files, unfinished, verify });
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

  async function open({ folder, sftp }: SaveTarget): Promise<RemoteFolder> {
    if (!sftp) return localFolder(folder);
    const { user, host, port, hostKey } = sftp;
    try {
      const { privateKey } = await deps.sshKey();
      return await deps.ssh.folder({ host, port }, { user, privateKey }, hostKey, folder);
    } catch (error) {
      if (isNamed(error, 'host-key-mismatch')) throw otherHostKey(host, fingerprint(hostKey), error.facts['found']);
      throw error;
    }
  }

  /** Records how it ended, onto the schedule as it is by now. */
  async function conclude({ id, schedule: before }: Begun, outcome: Outcome, fence?: Compare): Promise<void> {
    for (;;) {
      const found = await read();
      // It was set anew, or off, meanwhile: what was saved under the former one is nobody's business any more.
      if (found?.schedule.started?.id !== id) return;
      const { started: _started, problem: _problem, unfinished: _unfinished, ...rest } = found.schedule;
      const { files, unfinished, error } = outcome;
      const schedule: SaveSchedule = {
        ...rest,
        files,
        ...(unfinished.length > 0 ? { unfinished } : {}),
        ...(error ? { problem: problemOf(error, before.problem, now()) } : {}),
      };
      if (await write(schedule, found.entry, fence)) return;
      if (fence && !(await store.transact({ compare: [fence], writes: [] })).applied) {
        throw new NamedError('interrupted', 'another controller leads by now, and saves what is to be saved');
      }
    }
  }

  async function targetOf({ folder, sftp }: SaveScheduleRequest): Promise<SaveTarget> {
    if (!sftp && !folder.startsWith('/')) {
      throw new NamedError('invalid-input', `${folder} is no absolute path; name a directory of the controller's host`);
    }
    if (!sftp) return { folder };
    const { user, host, port = 22, hostKey: said } = sftp;
    const hostKey = await deps.ssh.readHostKey({ host, port });
    if (fingerprint(hostKey) !== said) throw otherHostKey(host, said, fingerprint(hostKey));
    return { folder, sftp: { user, host, port, hostKey } };
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

function problemOf(error: NamedError, before: SaveProblem | undefined, now: Date): SaveProblem {
  const time = now.toISOString();
  return { since: before?.since ?? time, time, failures: (before?.failures ?? 0) + 1, detail: error.message };
}

function otherHostKey(host: string, wanted: string, found: string | number | boolean | undefined): NamedError {
  return new NamedError(
    'host-key-mismatch',
    `${host} shows the host key ${String(found)} and not ${wanted}; nothing was sent; find out why, then set the schedule with the right --host-key`,
    { facts: { pinned: wanted, found: String(found) } },
  );
}
