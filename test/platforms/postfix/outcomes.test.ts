/** The table of outcomes is whole, and docs/outcomes.md shows it. `UPDATE_GOLDEN=1 node --test dist/test/platforms/postfix/outcomes.test.js` renews the page. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';

import { outcomes, peers } from '../../../services/platforms/postfix/outcomes.ts';
import { outcomesPage } from './outcomes-page.ts';

describe('outcomes', () => {
  it('have one row for every level, condition and server', () => {
    const keys = outcomes.map(({ level, condition, peer }) => `${level} ${condition ?? ''} ${peer}`);
    const groups = new Set(outcomes.map(({ level, condition }) => `${level} ${condition ?? ''}`));

    assert.equal(new Set(keys).size, keys.length);
    assert.equal(keys.length, groups.size * Object.keys(peers).length);
  });

  it('let nothing out without TLS at a level that requires it, nor unverified at one that verifies', () => {
    const strict = outcomes.filter(({ level }) => /^required|^dane-only|^fingerprint/.test(level));
    const verifying = strict.filter(({ level }) => level !== 'required');

    assert.deepEqual(
      strict.filter(({ verdict, later }) => verdict === 'clear' || later === 'clear'),
      [],
    );
    assert.deepEqual(
      verifying.filter(({ verdict }) => verdict === 'unverified'),
      [],
    );
  });

  it('are what docs/outcomes.md shows', () => {
    const page = outcomesPage();
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync('docs/outcomes.md', page);

    assert.equal(readFileSync('docs/outcomes.md', 'utf8'), page, 'docs/outcomes.md is not current');
  });
});
