// What is kept of mail logs: read on from a cursor, kept for a while, counted, and shown with what is missing.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { beforeEach, describe, it, type TestContext } from 'node:test';

import { NamedError } from '../../../services/errors.ts';
import { keep } from '../../../services/observe/sessions/keep.ts';
import { retentionFor } from '../../../services/observe/sessions/retention.ts';
import { sessionService, type SessionService } from '../../../services/observe/sessions/service.ts';
import { byDay, others, tally } from '../../../services/observe/sessions/tally.ts';
import type { LogReading } from '../../../services/push/mail-log.ts';
import type { MailSession, MailLog, Registration } from '../../../services/schema/types.generated.ts';
import { embeddedStore } from '../../../services/store/embedded.ts';
import { keys } from '../../../services/store/keys.ts';
import { readAll } from '../../../services/store/read-all.ts';
import type { Store } from '../../../services/store/store.ts';
import { temporaryFolder } from '../../store/folder.ts';

const start = Date.parse('2026-11-24T12:00:00Z');
const dayMilliseconds = 24 * 3600 * 1000;

/** One line of a log each: mail to `domain`, sent in clear or not sent. */
function line(time: number, domain: string, status = 'sent (250 ok)', id = 'A9C3BA5'): string {
  const at = new Date(time).toISOString();
  return `${at} mx postfix/smtp[7]: ${id}: to=<u@${domain}>, relay=mx.${domain}[192.0.2.1]:25, delay=1, dsn=2.0.0, status=${status}`;
}
const refused = 'deferred (TLS is required, but was not offered by host mx[192.0.2.1])';

describe('mail sessions', () => {
  let now: number;
  let store: Store;
  let service: SessionService;
  let registered: Registration[];
  /** Logs by id: lines, of which each reading gives the next few. */
  let logs: Map<string, { readonly lines: string[]; gap?: boolean; fails?: NamedError }>;
  let readings: number;

  function begin(test: TestContext, names: readonly string[]): void {
    now = start;
    readings = 0;
    store = embeddedStore(join(temporaryFolder(test), 'store.db'));
    test.after(() => store.close());
    registered = names.map((name) => ({ id: idOf(name), name, state: 'member' }) as Registration);
    logs = new Map(names.map((name) => [idOf(name), { lines: [] }]));
    const read = (id: string, cursor: string): Promise<LogReading> => {
      readings += 1;
      const log = logs.get(id);
      if (!log || log.fails) return Promise.reject(log?.fails ?? new Error(`no log ${id}`));
      const from = cursor === '-' ? 0 : Number(cursor);
      const lines = log.lines.slice(from, from + 3);
      const more = from + lines.length < log.lines.length;
      const facts = { log: '/var/log/mail.log', now: new Date(now), zone: '+0000' };
      return Promise.resolve({ ...facts, cursor: String(from + lines.length), more, gap: log.gap ?? false, lines });
    };
    service = sessionService({
      store,
      machines: { list: () => Promise.resolve(registered) },
      read,
      now: () => new Date(now),
    });
  }
  const idOf = (name: string) => `00000000-0000-4000-8000-0000000000${name.padStart(2, '0').slice(-2)}`;
  const say = (name: string, ...lines: readonly string[]) => logs.get(idOf(name))?.lines.push(...lines);
  const destinations = async (query = {}) =>
    (await service.list(query)).sessions.map(({ session }) => session.destination);

  it('are read on from where the last reading ended, and shown the newest first', async (test) => {
    begin(test, ['m1', 'm2']);
    say('m1', line(start, 'a.test'), line(start + 1000, 'b.test'));
    say('m2', line(start + 500, 'c.test'));
    await service.collect();
    say('m1', ...['d', 'e', 'f', 'g'].map((name, index) => line(start + 2000 + index * 3000, `${name}.test`)));
    await service.collect('m1');

    assert.deepEqual(await destinations(), ['g.test', 'f.test', 'e.test', 'd.test', 'b.test', 'c.test', 'a.test']);
    assert.deepEqual((await service.list({})).readings, []);
    assert.equal(readings, 4);
  });

  it('come in pages that miss nothing', async (test) => {
    begin(test, ['m1', 'm2']);
    for (const name of ['m1', 'm2'])
      say(name, ...Array.from({ length: 7 }, (_, i) => line(start, `${name}${i}.test`, 'sent (250 ok)', `AAAAA${i}`)));
    await service.collect();

    const seen: string[] = [];
    for (let before: string | undefined; ;) {
      const { sessions } = await service.list({ limit: 4, ...(before === undefined ? {} : { before }) });
      seen.push(...sessions.map(({ session }) => session.destination ?? ''));
      before = sessions.at(-1)?.id;
      if (before === undefined) break;
    }

    assert.deepEqual(seen.toSorted(), (await destinations()).toSorted());
    assert.equal(new Set(seen).size, 14);
  });

  it('are found by machine, direction, peer, destination, result and time', async (test) => {
    begin(test, ['m1', 'm2']);
    say(
      'm1',
      line(start, 'a.example.net'),
      line(start + 5000, 'b.example.net', refused),
      line(start + 9000, 'other.test'),
    );
    say('m2', line(start, 'a.example.net'));
    await service.collect();

    assert.equal((await destinations({ machine: 'm1' })).length, 3);
    assert.deepEqual(await destinations({ result: 'failed' }), ['b.example.net']);
    assert.equal((await destinations({ result: 'failed,clear' })).length, 4);
    assert.equal((await destinations({ destination: '.example.net' })).length, 3);
    assert.equal((await destinations({ destination: 'A.example.net' })).length, 2);
    assert.equal((await destinations({ peer: 'mx.other.test' })).length, 1);
    assert.equal((await destinations({ peer: '192.0.2.1' })).length, 4);
    assert.equal((await destinations({ direction: 'in' })).length, 0);
    assert.equal((await destinations({ since: new Date(start + 1).toISOString() })).length, 2);
    assert.equal((await destinations({ until: '2026-11-24T12:00:05Z' })).length, 2);
    await assert.rejects(service.list({ machine: 'm9' }), /there is no machine m9/);
  });

  it('are counted by destination over days and machines, with the last reason', async (test) => {
    begin(test, ['m1', 'm2']);
    const yesterday = start - dayMilliseconds;
    say(
      'm1',
      line(yesterday, 'a.test'),
      line(start, 'a.test'),
      line(start + 5000, 'a.test', refused),
      line(start, 'b.test'),
    );
    say('m2', line(start, 'a.test'));
    await service.collect();

    const { counts, total } = await service.counts({});
    const today = await service.counts({ since: '2026-11-24T00:00:00Z', destination: 'a.test' });

    assert.deepEqual([counts.map(({ peer }) => peer), total], [['a.test', 'b.test'], 2]);
    const [first] = counts;
    assert.deepEqual(first?.results, { clear: 3, failed: 1 });
    assert.deepEqual([first.messages, first.failure, first.machines], [3, 'not-offered', ['m1', 'm2']]);
    assert.deepEqual(today.counts[0]?.results, { clear: 2, failed: 1 });
    assert.deepEqual((await service.counts({ offset: 1 })).counts, counts.slice(1));
  });

  it('have a gap where the log was gone, and it is shown', async (test) => {
    begin(test, ['m1']);
    say('m1', line(start, 'a.test'));
    await service.collect();
    now += 3_600_000;
    const log = logs.get(idOf('m1'));
    if (log) log.gap = true;
    await service.collect();

    const [reading] = (await service.counts({})).readings;

    assert.deepEqual(reading?.gaps, [{ from: '2026-11-24T12:00:00.000Z', until: '2026-11-24T13:00:00.000Z' }]);
  });

  it('say why a log could not be read, and go on where they stood', async (test) => {
    begin(test, ['m1', 'm2']);
    say('m1', line(start, 'a.test'));
    await service.collect('m1');
    const log = logs.get(idOf('m1'));
    const refusal = { facts: { reason: 'bad-request' } };
    if (log)
      log.fails = new NamedError('gateway-refused', 'the gateway refuses log: there is no such verb here', refusal);

    const [reading] = await service.collect('m1');
    const never = (await service.list({})).readings.find(({ machine }) => machine === 'm2');
    if (log) delete log.fails;
    say('m1', line(start + 5000, 'b.test'));
    const [after] = await service.collect('m1');

    assert.match(reading?.problem ?? '', /^its script is older/);
    assert.deepEqual(never, { machine: 'm2', gaps: [] });
    assert.equal(after?.problem, undefined);
    assert.deepEqual(await destinations(), ['b.test', 'a.test']);
  });

  it('are kept once when two controllers read the same log at once', async (test) => {
    begin(test, ['m1']);
    say('m1', ...Array.from({ length: 9 }, (_, i) => line(start + i * 3000, `d${i}.test`)));

    await Promise.all([service.collect(), service.collect(), service.collect()]);
    await service.collect();

    assert.equal((await destinations()).length, 9);
    assert.equal(
      (await service.counts({})).counts.reduce((sum, { messages }) => sum + messages, 0),
      9,
    );
  });

  it('fail for a destination until mail gets through again, machine by machine, and each change is announced', async (test) => {
    begin(test, ['m1', 'm2']);
    const announced = async () => (await store.get(keys.failing))?.modRevision;
    await service.collect();
    const before = await announced();
    say(
      'm1',
      line(start, 'a.test'),
      line(start + 5000, 'a.test', refused),
      line(start + 9000, 'a.test', refused, 'AAAAA1'),
    );
    say('m2', line(start, 'a.test', refused), line(start + 5000, 'a.test'));
    await service.collect();
    const [first, ...others] = await service.failing();
    const during = await announced();
    say('m1', line(start + 12_000, 'a.test', refused, 'AAAAA2'));
    await service.collect();
    const same = await announced();
    say('m1', line(start + 60_000, 'a.test'));
    await service.collect();

    assert.deepEqual(others, []);
    assert.deepEqual([first?.machine, first?.destination, first?.failure], ['m1', 'a.test', 'not-offered']);
    assert.deepEqual([first?.since, first?.last], ['2026-11-24T12:00:05.000Z', '2026-11-24T12:00:09.000Z']);
    assert.equal(before, undefined);
    assert.equal(same, during);
    assert.deepEqual(await service.failing(), []);
    assert.notEqual(await announced(), during);
  });

  it('of long ago do not fail any more', async (test) => {
    begin(test, ['m1']);
    say('m1', line(start, 'a.test', refused));
    await service.collect();
    const present = await service.failing();
    now += 25 * 3_600_000;

    assert.deepEqual([present.length, await service.failing()], [1, []]);
  });

  it('go after thirty days, and with a machine that is forgotten', async (test) => {
    begin(test, ['m1', 'm2']);
    for (const name of ['m1', 'm2']) say(name, line(start, 'old.test'));
    await service.collect();
    now = start + 31 * dayMilliseconds;
    say('m1', line(now, 'new.test'));
    registered = registered.filter(({ name }) => name === 'm1');
    await service.collect();

    assert.deepEqual(await destinations(), ['new.test']);
    assert.deepEqual(
      (await service.counts({})).counts.map(({ peer }) => peer),
      ['new.test'],
    );
    assert.deepEqual(
      (await readAll(store, 'observe/')).map(({ key }) => key),
      [keys.dayCounts(idOf('m1'), '2026-12-25'), keys.mailLog(idOf('m1')), keys.sessions(idOf('m1'), 1)],
    );
  });
});

describe('what is kept of a log', () => {
  let log: MailLog | undefined;
  beforeEach(() => (log = undefined));
  const reading = (lines: readonly string[]): LogReading => ({
    ...{ log: 'journal', cursor: 'c', more: false, gap: false, now: new Date(start), zone: '+0000', lines },
  });

  it('has no more sessions than a machine may have, and lets go of a few records at a time', () => {
    const dropped: number[] = [];
    for (let n = 0; n < 300; n += 1) {
      const kept = keep(
        log,
        reading([line(start + n * 3000, 'a.test')]),
        { days: 30, sessions: 200, counts: 10 },
        new Date(start),
      );
      dropped.push(...kept.dropped.records);
      log = kept.log;
    }
    const fewer = keep(log, reading([]), { days: 30, sessions: 50, counts: 10 }, new Date(start));

    assert.deepEqual(
      dropped,
      Array.from({ length: 100 }, (_, n) => n),
    );
    assert.equal(log?.kept.length, 200);
    assert.equal(fewer.dropped.records.length, 50);
    assert.equal(fewer.log.kept.length, 150);
  });

  it('is less for a machine of a large fleet', () => {
    assert.deepEqual(retentionFor(3), { days: 30, sessions: 2_000, counts: 500 });
    assert.deepEqual(retentionFor(2_000), { days: 30, sessions: 50, counts: 50 });
  });

  it('counts who comes too late for a place of its own with all others', () => {
    const session = (destination: string): MailSession => ({
      ...{ time: '2026-11-24T12:00:00.000Z', direction: 'out', result: 'clear', messages: 1, destination },
    });
    const counts = tally([], ['a', 'b', 'c', 'a', 'd'].map(session), 2);

    assert.deepEqual(
      counts.map(({ peer, messages }) => [peer, messages]),
      [
        ['a', 2],
        ['b', 1],
        [others, 2],
      ],
    );
    assert.deepEqual([...byDay([session('a')]).keys()], ['2026-11-24']);
  });

  it('counts by protocol and cipher, and clients by name and address', () => {
    const about = { time: '2026-11-24T12:00:00.000Z', messages: 1, result: 'anonymous', cipher: 'AES256-SHA' } as const;
    const left = (protocol: string): MailSession => ({ ...about, direction: 'out', destination: 'a', protocol });
    const came = (host: string): MailSession => ({
      ...{ ...about, direction: 'in', protocol: 'TLSv1.2' },
      ...{ host, address: '192.0.2.1' },
    });

    const sessions = [
      left('TLSv1.2'),
      left('TLSv1.1'),
      left('TLSv1.2'),
      came('b.test'),
      came('unknown'),
      came('c.test'),
    ];
    const counts = tally([], sessions, 4);

    assert.deepEqual(
      counts.map(({ peer, address, protocol, cipher, messages }) => [peer, address, protocol, cipher, messages]),
      [
        ['a', undefined, 'TLSv1.2', 'AES256-SHA', 2],
        ['a', undefined, 'TLSv1.1', 'AES256-SHA', 1],
        ['b.test', '192.0.2.1', 'TLSv1.2', 'AES256-SHA', 1],
        ['192.0.2.1', undefined, 'TLSv1.2', 'AES256-SHA', 1],
        [others, undefined, 'TLSv1.2', undefined, 1],
      ],
    );
  });
});
