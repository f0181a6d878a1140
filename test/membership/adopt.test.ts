/** What the plan of a join says of a present setting: held against what the machine would get by what names lead to. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { resolve } from '../../services/config/resolve.ts';
import { plannedSettings } from '../../services/membership/adopt.ts';
import type { JsonObject } from '../../services/schema/json.ts';

const [found, other] = ['a'.repeat(64), 'b'.repeat(64)];
const trusting = (name: string, bundle: string): JsonObject => ({
  trust: { [name]: { source: 'bundle', bundle } },
  outbound: { trust: [name] },
});

describe('the authorities of a machine that joins', () => {
  const cases: readonly (readonly [title: string, cluster: JsonObject, verdict: object])[] = [
    ['are kept where the cluster has them under another name', trusting('ours', found), { verdict: 'kept' }],
    [
      'are replaced where the cluster has others under the same name',
      trusting('outbound', other),
      { verdict: 'replaced', level: 'cluster', value: '["outbound"]' },
    ],
  ];
  for (const [title, layer, verdict] of cases) {
    it(title, () => {
      const setting = { place: 'main.cf', name: 'smtp_tls_CAfile', value: '/etc/ssl/ours.pem' };
      const settings = [{ ...setting, meaning: { kind: 'expressed', pointer: '/outbound/trust' } as const }];
      const upper = resolve([{ level: 'cluster', layer }]);

      const [planned] = plannedSettings({ layer: trusting('outbound', found), settings }, upper);

      assert.deepEqual(planned?.applied, { setting: 'outbound/trust', ...verdict });
    });
  }
});
