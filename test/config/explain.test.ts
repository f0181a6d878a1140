import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { defaultsLayer } from '../../services/config/defaults.ts';
import { explain } from '../../services/config/explain.ts';
import { isNamed } from '../../services/errors.ts';
import type { JsonObject } from '../../services/schema/json.ts';

const defaults = defaultsLayer({ key: 'KEY', chain: 'CHAIN' });

function stack(cluster: JsonObject, group: JsonObject = {}, machine: JsonObject = {}) {
  return [
    defaults,
    { level: 'cluster', layer: cluster },
    { level: 'group/edge', layer: group },
    { level: 'machine/mx1', layer: machine },
  ];
}

function port(value: number | null): JsonObject {
  return { listeners: { public: { port: value } } };
}

describe('explain', () => {
  it('names the winning level and everything it shadows, most specific first', () => {
    const layers = stack(port(26), port(27), port(28));

    const reason = explain(layers, ['listeners', 'public', 'port']);

    assert.deepEqual(reason, {
      pointer: '/listeners/public/port',
      level: 'machine/mx1',
      value: 28,
      shadows: [
        { level: 'group/edge', value: 27 },
        { level: 'cluster', value: 26 },
        { level: 'defaults', value: 25 },
      ],
    });
  });

  it('names the defaults for built-in entries and for defaults of fields', () => {
    const layers = stack({ listeners: { smtp: { port: 26 } } });

    assert.deepEqual(explain(layers, ['listeners', 'public', 'port']), {
      pointer: '/listeners/public/port',
      level: 'defaults',
      value: 25,
      shadows: [],
    });
    assert.equal(explain(layers, ['listeners', 'smtp', 'tls']).level, 'defaults');
    assert.equal(explain(layers, ['protocols', 'inbound', 'minimum']).level, 'defaults');
  });

  it('shows tombstones among what is shadowed', () => {
    const layers = stack(port(26), { listeners: null }, port(28));

    const { shadows } = explain(layers, ['listeners', 'public', 'port']);

    assert.deepEqual(shadows.slice(0, 2), [
      { level: 'group/edge', value: null },
      { level: 'cluster', value: 26 },
    ]);
  });

  it('explains a removed setting by its tombstone', () => {
    const layers = stack({ outbound: { certificate: 'mx' } }, {}, { outbound: { certificate: null } });

    assert.deepEqual(explain(layers, ['outbound', 'certificate']), {
      pointer: '/outbound/certificate',
      level: 'machine/mx1',
      value: null,
      shadows: [{ level: 'cluster', value: 'mx' }],
    });
  });

  it('explains a removed field by its default, and shows the tombstone', () => {
    const layers = stack({ outbound: { trust: 'own' } }, {}, { outbound: { trust: null } });

    assert.deepEqual(explain(layers, ['outbound', 'trust']), {
      pointer: '/outbound/trust',
      level: 'defaults',
      value: ['system'],
      shadows: [
        { level: 'machine/mx1', value: null },
        { level: 'cluster', value: 'own' },
      ],
    });
  });

  it('gives no default to a field of a removed entry', () => {
    const layers = stack({}, { listeners: { public: null } });

    assert.equal(explain(layers, ['listeners', 'public', 'tls']).level, 'group/edge');
    assert.equal(explain(layers, ['listeners', 'public', 'tls']).value, null);
  });

  it('explains a unit whole, also when asked for a part of it', () => {
    const layers = stack({ destinations: { 'example.org': { tls: 'dane' } } });

    const reason = explain(layers, ['destinations', 'Example.ORG', 'tls']);

    assert.equal(reason.pointer, '/destinations/example.org');
    assert.deepEqual(reason.value, { tls: 'dane' });
  });

  it('refuses a path that holds several settings, and names some', () => {
    assert.throws(
      () => explain(stack({}), ['listeners', 'public']),
      (error: unknown) => isNamed(error, 'invalid-input') && error.message.includes('/listeners/public/interface'),
    );
  });

  it('says when no level sets the setting', () => {
    assert.throws(
      () => explain(stack({}), ['listeners', 'smtp', 'port']),
      (error: unknown) => isNamed(error, 'not-found') && error.message.includes('no level sets /listeners/smtp/port'),
    );
  });
});
