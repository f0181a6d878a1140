// The verb `log`: a mail log read a piece at a time, across rotations, in a file and in a real journal; with each sh.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';

import { skipLab, startLab, type Lab } from '../../lab/harness.ts';
import { joinAs, type Controller } from './controller.ts';

const program = '/usr/local/lib/signet/gateway';
const file = '/var/log/mail.log';
const journald = '/lib/systemd/systemd-journald';
const line = (n: number) =>
  `Nov 24 14:31:45 mx1 postfix/smtp[${n}]: 9E20597: to=<u@clear.test>, relay=none, status=sent (${n})`;

interface Reading {
  readonly log: string;
  readonly cursor: string;
  readonly more: boolean;
  readonly gap: boolean;
  readonly lines: readonly string[];
}

describe('the mail log', { skip: skipLab }, () => {
  let lab: Lab;
  let mx1: Controller;
  let inside: (script: string) => Promise<string>;
  before(async () => {
    lab = await startLab('gateway-log', 1);
    mx1 = await joinAs(lab.gateways[0]);
    ({ inside } = mx1.gateway);
    // From here on nobody but the test writes to it.
    await inside(`postfix stop && : >${file}`);
  });
  after(() => lab.down());

  /** By hand, which is much quicker than a login. */
  const ask = async (words: string): Promise<readonly string[]> =>
    (await inside(`${program} ${words} || true`)).replace(/\n$/, '').split('\n');

  async function read(cursor: string, limit = 100_000): Promise<Reading> {
    const lines = await ask(`log ${cursor} ${limit}`);
    assert.equal(lines.at(-1), 'end');
    const value = (key: string) => lines.find((each) => each.startsWith(`${key} `))?.slice(key.length + 1) ?? '';
    const text = lines.slice(lines.findIndex((each) => each.startsWith('text lines ')) + 1, -1);
    assert.equal(Number(value('text').slice('lines '.length)), Buffer.byteLength(text.join('\n')));
    const [more, gap] = [value('more') === 'yes', value('gap') === 'yes'];
    return { log: value('log'), cursor: value('cursor'), more, gap, lines: text.filter((each) => each !== '') };
  }

  /** Reads on until there is no more. */
  async function readAll(cursor: string, limit?: number): Promise<Reading> {
    const first = await read(cursor, limit);
    if (!first.more) return first;
    const rest = await readAll(first.cursor, limit);
    return { ...rest, gap: first.gap || rest.gap, lines: [...first.lines, ...rest.lines] };
  }

  const append = (...lines: readonly string[]) => inside(`cat >>${file} <<'END'\n${lines.join('\n')}\nEND`);
  /** Enough of it to be known again, in lines that are of no concern. */
  const noise = (n: number) =>
    Array.from({ length: 10 }, (_, i) => `Nov 24 14:31:45 mx1 postfix/qmgr[${n}]: removed ${i}`);

  for (const shell of ['dash', 'busybox']) {
    const skip = existsSync(`/usr/bin/${shell}`) ? false : `needs ${shell}`;
    describe(`read with the sh of ${shell}`, { skip }, () => {
      before(() => inside(`ln -sf ${shell} /usr/bin/sh; rm -f ${file}*; : >${file}`));

      it('has only lines about sessions, each of them once', async () => {
        const empty = await read('-');
        await append(...noise(1), line(1), line(2));
        const first = await read(empty.cursor);
        await append(line(3), 'Nov 24 14:31:45 mx1 caf\u00e9 postfix/smtpd[4]: disconnect from a[192.0.2.1] quit=1');
        const second = await read(first.cursor);
        const third = await read(second.cursor);

        assert.equal(first.log, file);
        assert.deepEqual(first.lines, [line(1), line(2)]);
        assert.equal(second.lines.length, 2);
        assert.deepEqual({ ...third, cursor: '' }, { log: file, cursor: '', more: false, gap: false, lines: [] });
      });

      it('is read in pieces of a limited size, and a line that is being written is left for later', async () => {
        const { cursor } = await readAll('-');
        await append(...[4, 5, 6, 7].map(line));
        await inside(`printf %s '${line(8).slice(0, 40)}' >>${file}`);

        const piece = await read(cursor, 250);
        const rest = await readAll(piece.cursor, 250);
        await inside(`echo '${line(8).slice(40)}' >>${file}`);
        const last = await read(rest.cursor);

        assert.deepEqual([piece.lines, piece.more], [[line(4), line(5)], true]);
        assert.deepEqual(rest.lines, [line(6), line(7)]);
        assert.deepEqual(last.lines, [line(8)]);
      });

      it('is not held up by a line without an end', async () => {
        const { cursor } = await readAll('-');
        await inside(`head -c 5000 /dev/zero | tr '\\0' x >>${file}; echo >>${file}`);
        await append(line(9));

        assert.deepEqual((await readAll(cursor, 1_000)).lines, [line(9)]);
      });

      it('begins with its last part when it has never been read', async () => {
        await append(line(10), line(11));

        assert.deepEqual((await read('-', 150)).lines, [line(11)]);
      });

      for (const [how, rotate] of [
        ['renamed', `mv ${file} ${file}.1; : >${file}`],
        ['copied and emptied', `cp ${file} ${file}-20261124; : >${file}`],
        [
          'renamed and compressed at once',
          `mv ${file} ${file}.20261124-143145; gzip ${file}.20261124-143145; : >${file}`,
        ],
        ['renamed twice', `mv ${file} ${file}.2; echo '${line(50)}' >${file}.1; : >${file}`],
      ] as const) {
        it(`is read to its end and then from its beginning when it was ${how}`, async () => {
          await inside(`rm -f ${file}*`);
          await append(...noise(2), line(12));
          const { cursor } = await read('-');
          await append(line(13));
          await inside(rotate);
          await append(line(14));

          const { lines, gap } = await readAll(cursor);

          const between = how === 'renamed twice' ? [line(50)] : [];
          assert.deepEqual([lines, gap], [[line(13), ...between, line(14)], false]);
          assert.deepEqual((await readAll((await readAll(cursor)).cursor)).lines, []);
        });
      }

      it('has a gap where its last reading ended in a file that is gone', async () => {
        await append(...noise(3));
        const { cursor } = await readAll('-');
        await inside(`rm ${file}*`);
        await append(...noise(4), line(15));

        const { gap, lines } = await read(cursor);

        assert.deepEqual([gap, lines], [true, [line(15)]]);
      });

      it('refuses what is no cursor and no size', async () => {
        for (const words of [
          'log 7 100',
          'log - 0',
          'log - 4194305',
          'log - x',
          'log file:1:x:3 100',
          'log file:1:2 100',
        ]) {
          assert.match((await ask(words)).join('\n'), /^refused bad-request /, words);
        }
      });
    });
  }

  it('is refused in words where there is none', async () => {
    await inside(`rm -f ${file}*; mv /usr/bin/journalctl /usr/bin/journalctl.off; true`);

    const { lines, status } = await mx1.ask('log - 1000');
    await inside('mv /usr/bin/journalctl.off /usr/bin/journalctl; true');

    assert.equal(status, 3);
    assert.match(lines.join('\n'), /^refused unsupported there is no mail log here/);
  });

  const skipJournal = existsSync(journald) ? false : 'needs systemd-journald';
  describe('in a journal', { skip: skipJournal }, () => {
    before(async () => {
      await inside(`rm -f ${file}*; mkdir -p /run/systemd/journal /run/log/journal
        mountpoint -q /sys/fs/cgroup || mount -t cgroup2 none /sys/fs/cgroup
        (setsid ${journald} </dev/null >/tmp/journald.log 2>&1 &)
        for i in 1 2 3 4 5 6 7 8 9 10; do [ -S /run/systemd/journal/dev-log ] && break; sleep 0.2; done
        ln -sf /run/systemd/journal/dev-log /dev/log; sleep 0.5`);
    });

    const say = (...messages: readonly string[]) =>
      inside(
        `${messages.map((message) => `logger -p mail.info -t postfix/smtp --id=77 '${message}'`).join('\n')}
        logger -p daemon.info -t other/smtp --id=78 'not mail'\njournalctl --sync 2>/dev/null; sleep 0.3`,
      );

    it('is read like a file, with a cursor of its own', async () => {
      await say('one', 'two');
      const first = await read('-');
      await say('three', 'four', 'five');
      const piece = await read(first.cursor, 700);
      const rest = await readAll(piece.cursor, 700);
      const none = await read(rest.cursor);

      const messages = ({ lines }: Pick<Reading, 'lines'>) => lines.map((each) => /\[77\]: (.*)$/.exec(each)?.[1]);
      assert.deepEqual([first.log, messages(first), first.gap], ['journal', ['one', 'two'], false]);
      assert.equal(piece.more, true);
      assert.deepEqual(messages({ lines: [...piece.lines, ...rest.lines] }), ['three', 'four', 'five']);
      assert.deepEqual([none.lines, none.gap, none.cursor], [[], false, rest.cursor]);
      assert.match(first.lines[0] ?? '', /^@\d{10}\.\d{6} mx1\S* postfix\/smtp\[77\]: one$/);
    });

    it('has a gap where the entry at the cursor is gone, and where the log was in a file before', async () => {
      const { cursor } = await readAll('-');
      const lost = cursor
        .replace(/i=[0-9a-f]+/, 'i=1')
        .replace(/t=[0-9a-f]+/, 't=1')
        .replace(/m=[0-9a-f]+/, 'm=1')
        .replace(/x=[0-9a-f]+/, 'x=1');

      assert.equal((await read(lost)).gap, true);
      assert.equal((await read('file:1:2:3')).gap, true);
    });
  });
});
