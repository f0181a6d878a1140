import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';

import { readAnswer, readReport } from '../../services/push/answer.ts';
import { answerReader } from '../../services/push/reader.ts';

/** The text in chunks of one byte: frames must not depend on how a network cuts them. */
function dribble(text: string) {
  return answerReader(
    Readable.from(
      Buffer.from(text)
        .toString('latin1')
        .split('')
        .map((char) => Buffer.from(char, 'latin1')),
    ),
  );
}

describe('readAnswer', () => {
  const cases = [
    { title: 'an unchanged gateway says so', text: 'unchanged\nend\n', expected: { kind: 'unchanged' } },
    {
      title: 'an activated generation has its number',
      text: 'activated 7\n',
      expected: { kind: 'activated', generation: 7 },
    },
    {
      title: 'a refusal is read past the texts of live files, whatever words they hold',
      text: 'current 3 abc\ntext /etc/postfix/main.cf 12\nunchanged\né\nrefused drift main.cf was changed\nend\n',
      expected: { kind: 'refused', code: 'drift', detail: 'main.cf was changed' },
    },
    {
      title: 'a revert says which generation and why',
      text: 'reverted 8 master did not survive\nend\n',
      expected: { kind: 'reverted', generation: 8, reason: 'master did not survive' },
    },
    { title: 'an answer that breaks off is unknown, never success', text: 'activat', expected: { kind: 'unknown' } },
    { title: 'a text that breaks off is unknown', text: 'text a 100\nshort', expected: { kind: 'unknown' } },
    { title: 'no answer at all is unknown', text: '', expected: { kind: 'unknown' } },
  ] as const;
  for (const { title, text, expected } of cases) {
    it(title, async () => assert.deepEqual(await readAnswer(dribble(text)), expected));
  }
});

describe('readReport', () => {
  it('collects values by key in order, and texts by name', async () => {
    const report = await readReport(
      dribble(
        'hostname mx1\naddress 198.18.0.11\naddress fd00::1\nparameter relayhost \ntext main.cf 4\na\nb\n\nend\n',
      ),
    );

    assert.ok(report);
    assert.deepEqual(report.values.get('address'), ['198.18.0.11', 'fd00::1']);
    assert.deepEqual(report.values.get('parameter'), ['relayhost ']);
    assert.equal(report.texts.get('main.cf'), 'a\nb\n');
  });

  it('is undefined when the end is missing', async () => {
    assert.equal(await readReport(dribble('hostname mx1\n')), undefined);
  });
});
