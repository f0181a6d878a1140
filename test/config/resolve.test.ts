import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import fc from 'fast-check';

import { defaultsLayer } from '../../services/config/defaults.ts';
import { explain } from '../../services/config/explain.ts';
import { leaves } from '../../services/config/leaves.ts';
import type { LevelLayer } from '../../services/config/levels.ts';
import { resolve } from '../../services/config/resolve.ts';
import type { Json, JsonObject } from '../../services/schema/json.ts';
import { layerFindings } from '../../services/schema/parse.ts';
import { parts, valueAt } from '../../services/schema/pointer.ts';
import { layer, shuffled } from './arbitraries.ts';
import { referenceResolve } from './reference.ts';
import { vectors } from './vectors.ts';

interface Precedence {
  readonly title: string;
  readonly layers: Readonly<Record<string, JsonObject>>;
  readonly values?: Readonly<Record<string, readonly [Json, string]>>;
  readonly absent?: readonly string[];
}

const defaults = defaultsLayer({ key: 'KEY', chain: 'CHAIN' });
const levels = ['cluster', 'group/edge', 'machine/mx1'];
const anyLayers = fc.tuple(layer, layer, layer);

function stack(layers: readonly JsonObject[]): readonly LevelLayer[] {
  return [defaults, ...layers.map((one, index) => ({ level: levels[index] ?? '', layer: one }))];
}

describe('resolve', () => {
  for (const { title, layers, values = {}, absent = [] } of vectors('precedence') as readonly Precedence[]) {
    it(title, () => {
      const stacked = stack(levels.map((level) => layers[level] ?? {}));

      const { settings, origins } = resolve(stacked);

      for (const [pointer, [value, level]] of Object.entries(values)) {
        assert.deepEqual(valueAt(settings, parts(pointer)), value, pointer);
        assert.equal(origins.get(pointer), level, pointer);
      }
      for (const pointer of absent) assert.equal(valueAt(settings, parts(pointer)), undefined, pointer);
    });
  }

  it('gives what the reference model gives', () => {
    fc.assert(
      fc.property(anyLayers, (layers) => {
        const { settings } = resolve(stack(layers));

        assert.deepEqual(settings, referenceResolve([defaults.layer, ...layers]));
      }),
      { numRuns: 500 },
    );
  });

  it('gives the same text whatever the order in which keys were inserted', () => {
    fc.assert(
      fc.property(anyLayers, fc.nat({ max: 1000 }), (layers, seed) => {
        const other = layers.map((one) => shuffled(one, seed) as JsonObject);

        const [first, second] = [resolve(stack(layers)), resolve(stack(other))];

        assert.equal(JSON.stringify([...first.origins]), JSON.stringify([...second.origins]));
        assert.deepEqual(Object.keys(first.settings), Object.keys(second.settings));
        assert.deepEqual(first.settings, second.settings);
      }),
    );
  });

  it('has exactly one origin for every leaf, and explain names the same level and value', () => {
    fc.assert(
      fc.property(anyLayers, (layers) => {
        const stacked = stack(layers);

        const { settings, origins } = resolve(stacked);

        const effective = [...leaves(settings)].filter(([, value]) => !isEmptyObject(value));
        assert.deepEqual([...origins.keys()].sort(), effective.map(([pointer]) => pointer).sort());
        for (const [pointer, value] of effective) {
          const reason = explain(stacked, parts(pointer));
          assert.equal(reason.level, origins.get(pointer));
          assert.deepEqual(reason.value, value);
        }
      }),
    );
  });

  it('is tried with valid layers only', () => {
    fc.assert(fc.property(layer, (one) => assert.deepEqual(layerFindings(one), [])));
  });
});

function isEmptyObject(value: Json): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}
