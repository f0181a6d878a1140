// Sessions out of mail logs: lines of real Postfix as vectors, in whatever pieces they come, and any text at all.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';

import { follow } from '../../../services/observe/sessions/follow.ts';
import { readLine, readZone } from '../../../services/observe/sessions/line.ts';
import { readMessage } from '../../../services/observe/sessions/message.ts';
import { parse } from '../../../services/schema/parse.ts';
import type { MailSession, OpenSession } from '../../../services/schema/types.generated.ts';

interface Case {
  readonly title: string;
  readonly clock: { readonly now: string; readonly zone: number };
  readonly lines: readonly string[];
  readonly sessions: readonly MailSession[];
}

const cases = JSON.parse(readFileSync('test/observe/sessions/vectors/lines.json', 'utf8')) as readonly Case[];
const clockOf = ({ now, zone }: Case['clock']) => ({ now: new Date(now), zone });
const clock = { now: new Date('2026-11-24T14:40:00Z'), zone: 0 };

describe('sessions in a mail log', () => {
  for (const { title, clock: at, lines, sessions } of cases) {
    it(title, () => {
      const found = follow(lines, [], clockOf(at));

      assert.deepEqual(found.sessions, sessions);
      for (const session of found.sessions) parse('mail-session', session, 'the session');
    });
  }

  it('are the same when the log is read a line at a time', () => {
    for (const { clock: at, lines, sessions } of cases) {
      const found: MailSession[] = [];
      let open: readonly OpenSession[] = [];
      for (const line of lines) {
        const step = follow([line], open, clockOf(at));
        found.push(...step.sessions);
        open = JSON.parse(JSON.stringify(step.open)) as readonly OpenSession[];
        for (const one of open) parse('open-session', one, 'what is open');
      }

      assert.deepEqual(found, sessions);
    }
  });

  it('have times in the zone of their gateway', () => {
    assert.deepEqual(['+0000', '+0530', '-0330', 'CET'].map(readZone), [0, 330, -210, 0]);
  });

  it('of processes that never end do not pile up', () => {
    const lines = Array.from(
      { length: 2_000 },
      (_, i) => `Nov 24 14:31:45 mx postfix/smtpd[${i}]: A9C3BA7: client=a.test[192.0.2.1]`,
    );

    assert.equal(follow(lines, [], clock).open.length, 300);
  });

  it('are looked for in any text without an error, and what is found fits the schema', () => {
    const real = cases.flatMap(({ lines }) => lines);
    const torn = fc
      .tuple(fc.constantFrom(...real), fc.nat(300), fc.nat(300), fc.string({ unit: 'binary' }))
      .map(([line, from, to, between]) => line.slice(0, from) + between + line.slice(to));
    const lines = fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...real), torn), { maxLength: 40 });
    fc.assert(
      fc.property(lines, (texts) => {
        const { sessions, open } = follow(texts, [], clock);
        for (const session of sessions) parse('mail-session', session, 'the session');
        for (const one of open) parse('open-session', one, 'what is open');
      }),
      { numRuns: 500 },
    );
  });

  it('are read in time that grows with the length of a line and no faster', () => {
    const long = (text: string) => text.repeat(Math.ceil(7_900 / text.length)).slice(0, 7_900);
    const started = performance.now();
    for (const part of [
      '"',
      '<"',
      '\\"',
      'a[1]',
      ', relay=',
      '>, ',
      'TLS connection ',
      '(((',
      ' ',
      '[',
      ':1',
      'dsn=2.0.0, ',
    ]) {
      for (const head of [
        '',
        'A9C3BA5: to=<',
        'A9C3BA5: to=<a@b>, relay=',
        'Verified TLS connection established to ',
        'disconnect from ',
      ]) {
        readMessage(head + long(part));
        readLine(head + long(part), clock);
        readLine(`Nov 24 14:31:45 mx ${long(part)}`, clock);
      }
    }

    assert.ok(performance.now() - started < 2_000);
  });
});
