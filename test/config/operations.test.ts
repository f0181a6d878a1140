import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { applyAll, emptyConfiguration } from '../../services/config/operations.ts';
import { NamedError } from '../../services/errors.ts';
import { findings } from '../../services/schema/parse.ts';
import type { Configuration, Operation } from '../../services/schema/types.generated.ts';
import { vectors } from './vectors.ts';

interface Case {
  readonly title: string;
  readonly before?: Configuration['layers'];
  readonly operations: readonly Operation[];
  readonly after?: Configuration['layers'];
  readonly groups?: readonly string[];
  readonly machines?: readonly string[];
  readonly refused?: { readonly code: string; readonly says: string; readonly pointer?: string };
}

function start(layers: Configuration['layers']): Configuration {
  return {
    groups: { main: {}, edge: {} },
    machines: { mx1: { id: '00000000-0000-4000-8000-000000000001', group: 'edge' } },
    layers,
  };
}

describe('operations', () => {
  for (const { title, before = {}, operations, after, groups, machines, refused } of vectors(
    'operations',
  ) as readonly Case[]) {
    it(title, () => {
      const configuration = start(before);

      const work = () => applyAll(configuration, operations);

      if (refused) {
        assert.throws(work, (error: unknown) => {
          assert.ok(error instanceof NamedError);
          assert.equal(error.code, refused.code, error.message);
          assert.ok(error.message.includes(refused.says), error.message);
          if (refused.pointer !== undefined) assert.equal(error.findings[0]?.pointer, refused.pointer);
          return true;
        });
        return;
      }
      const result = work();
      assert.deepEqual(result.layers, after);
      if (groups) assert.deepEqual(Object.keys(result.groups).sort(), groups);
      if (machines) assert.deepEqual(Object.keys(result.machines).sort(), machines);
      assert.deepEqual(findings('configuration', result), []);
    });
  }

  it('leave the configuration they are applied to as it was', () => {
    const configuration = start({ cluster: { listeners: { public: { port: 25 } } } });
    const before = JSON.stringify(configuration);

    applyAll(configuration, [
      { op: 'set', level: 'cluster', path: '/listeners/public/port', value: 26 },
      { op: 'move', machine: 'mx1', group: 'main' },
      { op: 'delete-group', group: 'edge' },
    ]);

    assert.equal(JSON.stringify(configuration), before);
  });

  it('start from a configuration with one group and nothing else', () => {
    assert.deepEqual(emptyConfiguration, { groups: { main: {} }, machines: {}, layers: {} });
    assert.deepEqual(findings('configuration', emptyConfiguration), []);
  });
});
