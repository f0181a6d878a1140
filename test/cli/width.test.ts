/** Text on a terminal: how wide it is, and that it cannot do anything there. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';

import { breakWords, cut, visible, widthOf } from '../../services/cli/width.ts';

describe('text on a terminal', () => {
  const widths: readonly (readonly [string, number])[] = [
    ['', 0],
    ['mx1', 3],
    ['Bäckerei', 8],
    ['Ba\u0308ckerei', 8],
    ['日本.example', 12],
    ['\u001b[31mred\u001b[39m', 3],
    ['one\nthree', 5],
  ];
  for (const [text, width] of widths) {
    it(`${JSON.stringify(text)} takes ${width} columns`, () => assert.equal(widthOf(text), width));
  }

  it('is cut with an ellipsis, and wide characters are not halved', () => {
    assert.equal(cut('日本語', 4), '日…');
    assert.equal(cut('mail.example', 5), 'mail…');
    assert.equal(cut('mail', 4), 'mail');
  });

  it('never holds a control character but a line break once it was made visible', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        assert.doesNotMatch(visible(text), /[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
    assert.equal(visible('a\u001b]0;owned\u0007b\u202e'), 'a\\x1b]0;owned\\x07b\\u202e');
  });

  it('has no word wider than its column once words were broken, and loses none of it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 2, max: 20 }), (text, columns) => {
        const broken = breakWords(text, columns);

        assert.ok(broken.split(/\s/).every((word) => widthOf(word) <= columns));
        assert.equal(broken.replaceAll(/\s/g, ''), text.replaceAll(/\s/g, ''));
      }),
    );
  });
});
