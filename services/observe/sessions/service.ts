/** Mail sessions: logs are read, what they say is kept for a while and counted. The only file here that touches the store. */
import { setImmediate } from 'node:timers/promises';

import pLimit from 'p-limit';

import { isNamed, NamedError } from '../../errors.ts';
import { checkConnected, isConnected } from '../../machines/connected.ts';
import { firstCursor } from '../../push/mail-log.ts';
import { parse } from '../../schema/parse.ts';
import type {
  LogReading,
  MailLog,
  MailSessionList,
  MailSessionView,
  Registration,
} from '../../schema/types.generated.ts';
import { keys } from '../../store/keys.ts';
import { readAll } from '../../store/read-all.ts';
import { unchanged, type Entry, type Write } from '../../store/store.ts';
import { alike } from './alike.ts';
import { changedDemands } from './changes.ts';
import type { SessionDeps, SessionService } from './contract.ts';
import { failing, tellingDays, type Failing } from './failing.ts';
import { keep } from './keep.ts';
import { retentionFor, type Retention } from './retention.ts';
import { dayBefore, isCounted, isOnDays, isWanted, type Days } from './select.ts';
import { gathering, tally, type MachineCount } from './tally.ts';
import { foresight } from './what-if.ts';

export type { SessionDeps, SessionService } from './contract.ts';

/** Machines that are seen to together, and readings of one log in a row: what is left is read in the next round. */
const atOnce = 8;
const mostReadings = 16;

/** Destinations change over time: older sessions say little of what would be now. */
const replayedDays = 14;
const dayMilliseconds = 24 * 3600 * 1000;

export function sessionService({ store, machines, read, now }: SessionDeps): SessionService {
  return {
    async list({ machine, before, limit = 100, ...wanted }) {
      const chosen = await members(machine);
      let sessions: readonly MailSessionView[] = [];
      await forEach(chosen, async (one) => {
        const views = (await viewsOf(one)).filter(
          ({ id, session }) => (before === undefined || id < before) && isWanted(session, wanted),
        );
        if (views.length > 0) {
          sessions = [...sessions, ...views].sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, limit);
        }
      });
      return { sessions, readings: (await readings(chosen)).filter(isTroubled) } satisfies MailSessionList;
    },

    async counts({ machine, offset = 0, limit = 100, ...wanted }) {
      const chosen = await members(machine);
      const { add, all } = gathering();
      await eachCount(chosen, wanted, (counted) => {
        if (isCounted(counted.count, wanted)) add(counted);
      });
      const counts = all();
      return {
        total: counts.length,
        counts: counts.slice(offset, offset + limit),
        readings: (await readings(chosen)).filter(isTroubled),
      };
    },

    async collect(machine, signal) {
      const all = await members(undefined);
      const chosen = machine === undefined ? all.filter(isConnected) : await members(machine);
      chosen.forEach(checkConnected);
      const retention = retentionFor(all.length);
      await forEach(chosen, (one) => collectFrom(one.id, retention, signal));
      if (machine === undefined) await forget(new Set((await machines.list()).map(({ id }) => id)));
      await announce(await failingNow());
      return readings(chosen);
    },

    failing: failingNow,

    async whatIf(before, after) {
      const changes = changedDemands(before, after);
      const chosen = changes.size === 0 ? [] : (await members(undefined)).filter(({ name }) => changes.has(name));
      const since = new Date(now().getTime() - replayedDays * dayMilliseconds).toISOString();
      const { add, rows } = alike();
      await eachCount(chosen, { since }, (counted) => {
        const change = changes.get(counted.machine);
        if (change) add(counted, change);
      });
      const { foresee, tell } = foresight();
      for (const [index, row] of rows().entries()) {
        if (index % 100 === 99) await setImmediate();
        foresee(row);
      }
      return tell(replayedDays);
    },
  };

  async function collectFrom(id: string, retention: Retention, signal: AbortSignal | undefined): Promise<void> {
    for (let times = 0; times < mostReadings && !signal?.aborted; times += 1) {
      const entry = await store.get(keys.mailLog(id));
      const before = entry && logIn(entry);
      try {
        const reading = await read(id, before?.cursor ?? firstCursor);
        const { log, record, days, dropped } = keep(before, reading, retention, now());
        const counted = await Promise.all(
          [...days].map(async ([day, sessions]): Promise<Write> => {
            const present = await store.get(keys.dayCounts(id, day));
            const counts = present ? countsIn(present) : [];
            return put(keys.dayCounts(id, day), { counts: tally(counts, sessions, retention.counts) });
          }),
        );
        const stored = await write(id, entry, [
          put(keys.mailLog(id), log),
          ...(record ? [put(keys.sessions(id, record.number), { sessions: record.sessions })] : []),
          ...counted,
          ...dropped.records
            .filter((number) => number !== record?.number)
            .map((number) => ({ delete: keys.sessions(id, number) })),
          ...dropped.days.map((day) => ({ delete: keys.dayCounts(id, day) })),
        ]);
        // Another one reads the same log, and is ahead.
        if (!stored || !reading.more) return;
      } catch (error) {
        if (!isNamed(error)) throw error;
        const state = before ?? { cursor: firstCursor, next: 0, kept: [], days: [], open: [], gaps: [] };
        await write(id, entry, [
          put(keys.mailLog(id), { ...state, read: before?.read ?? now().toISOString(), problem: problemOf(error) }),
        ]);
        return;
      }
    }
  }

  async function write(id: string, entry: Entry | undefined, writes: readonly Write[]): Promise<boolean> {
    const key = keys.mailLog(id);
    const compare = unchanged(key, entry);
    return (await store.transact({ compare: [compare], writes })).applied;
  }

  async function failingNow(): Promise<readonly Failing[]> {
    const at = now();
    const days = tellingDays(at);
    const found = await forEach(await members(undefined), async ({ id, name }) => {
      const entries = await Promise.all(days.map((day) => store.get(keys.dayCounts(id, day))));
      return failing(
        name,
        entries.flatMap((entry) => (entry ? countsIn(entry) : [])),
        at,
      );
    });
    return found.flat();
  }

  /** Whoever watches the key hears of what has changed, and of nothing else. */
  async function announce(found: readonly Failing[]): Promise<void> {
    const value = JSON.stringify(found.map(({ machine, destination, failure }) => ({ machine, destination, failure })));
    if (((await store.get(keys.failing))?.value ?? '[]') === value) return;
    await store.transact({ compare: [], writes: [{ put: keys.failing, value }] });
  }

  /** Drops what is kept of machines that are not known any more. */
  async function forget(known: ReadonlySet<string>): Promise<void> {
    for (const { key } of await readAll(store, keys.mailLogs)) {
      const id = key.slice(keys.mailLogs.length);
      if (known.has(id)) continue;
      const rest = [...(await readAll(store, keys.sessionsOf(id))), ...(await readAll(store, keys.dayCountsOf(id)))];
      for (const one of [...rest.map((entry) => entry.key), key]) {
        await store.transact({ compare: [], writes: [{ delete: one }] });
      }
    }
  }

  async function members(machine: string | undefined): Promise<readonly Registration[]> {
    const all = (await machines.list()).filter(({ state }) => state === 'member');
    const chosen = machine === undefined ? all : all.filter(({ name }) => name === machine);
    if (machine === undefined || chosen.length > 0) return chosen;
    throw new NamedError('not-found', `there is no machine ${machine}; see "signet machine list"`);
  }

  async function viewsOf({ id, name }: Registration): Promise<readonly MailSessionView[]> {
    return (await readAll(store, keys.sessionsOf(id))).flatMap((entry) => {
      const { sessions } = parse('kept-sessions', JSON.parse(entry.value), `the record ${entry.key}`);
      const number = entry.key.slice(keys.sessionsOf(id).length);
      return sessions.map((session, index) => ({
        id: `${session.time}/${name}/${number}-${String(index).padStart(5, '0')}`,
        machine: name,
        session,
      }));
    });
  }

  /** Record by record, with room for others in between: those of a large fleet are too many to hold. */
  async function eachCount(
    chosen: readonly Registration[],
    days: Days,
    take: (counted: MachineCount) => void,
  ): Promise<void> {
    await forEach(chosen, async ({ id, name: machine }) => {
      const after = days.since === undefined ? undefined : keys.dayCounts(id, dayBefore(days.since));
      for (const entry of await readAll(store, keys.dayCountsOf(id), after)) {
        if (!isOnDays(entry.key.slice(keys.dayCountsOf(id).length), days)) continue;
        for (const count of countsIn(entry)) take({ machine, count });
      }
    });
  }

  async function readings(chosen: readonly Registration[]): Promise<readonly LogReading[]> {
    return forEach(chosen, async ({ id, name: machine }) => {
      const entry = await store.get(keys.mailLog(id));
      if (!entry) return { machine, gaps: [] };
      const { log, read: last, gaps, problem } = logIn(entry);
      return {
        ...{ machine, read: last, gaps },
        ...(log === undefined ? {} : { log }),
        ...(problem === undefined ? {} : { problem }),
      };
    });
  }
}

/** A few machines at a time: what is asked for a large fleet leaves room for others. The answers are in order. */
function forEach<T>(chosen: readonly Registration[], act: (one: Registration) => Promise<T>): Promise<T[]> {
  return pLimit(atOnce).map(chosen, act);
}

function isTroubled({ read, gaps, problem }: LogReading): boolean {
  return read === undefined || gaps.length > 0 || problem !== undefined;
}

/** A script without the verb refuses it like any word it does not know. */
function problemOf({ code, facts, message }: NamedError): string {
  return code === 'gateway-refused' && facts['reason'] === 'bad-request'
    ? 'its script is older than the reading of logs; roll out to it once'
    : message;
}

function put(key: string, record: unknown): Write {
  return { put: key, value: JSON.stringify(record) };
}

function logIn({ key, value }: Entry): MailLog {
  return parse('mail-log', JSON.parse(value), `the record ${key}`);
}

function countsIn({ key, value }: Entry) {
  return parse('day-counts', JSON.parse(value), `the record ${key}`).counts;
}
