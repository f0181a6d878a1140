/** The table of what becomes of incoming mail is whole, and docs/inbound.md shows it. `UPDATE_GOLDEN=1 node --test dist/test/platforms/inbound-outcomes.test.js` renews it there. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';

import { inboundOutcome, inboundOutcomes, visits, type Visit } from '../../services/platforms/inbound-outcomes.ts';

const columns = Object.keys(visits) as Visit[];

describe('outcomes of incoming mail', () => {
  it('have no row that lets mail in clear past a policy that requires TLS, nor a bad certificate past one that asks', () => {
    for (const { tls, clientCertificate, verdicts } of inboundOutcomes) {
      assert.equal(verdicts.clear === 'refused', tls === 'required');
      assert.equal(verdicts.invalid === 'refused', clientCertificate !== 'ignore');
    }
  });

  it('have no clear text where TLS starts at once', () => {
    const found = inboundOutcome({ tls: 'preferred', clientCertificate: 'ask' }, 'implicit');

    assert.deepEqual(found?.verdicts, { clear: 'refused', none: 'taken', valid: 'taken', invalid: 'refused' });
    assert.equal(inboundOutcome({ tls: 'off', clientCertificate: 'require' }, 'starttls'), undefined);
  });

  it('are what docs/inbound.md shows', () => {
    const page = readFileSync('docs/inbound.md', 'utf8');
    const renewed = page.replace(/(<!-- made from .* -->\n)[^]*?(<!-- end -->)/, `$1\n${table()}\n$2`);
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync('docs/inbound.md', renewed);

    assert.ok(page.includes(table()), 'docs/inbound.md is not current');
    assert.equal(page, renewed);
  });
});

function table(): string {
  const head = ['`tls`', '`clientCertificate`', ...columns.map((visit) => visits[visit])];
  const rows = inboundOutcomes.map(({ tls, clientCertificate, verdicts }) => [
    `\`${tls}\``,
    `\`${clientCertificate}\``,
    ...columns.map((visit) => verdicts[visit]),
  ]);
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}
