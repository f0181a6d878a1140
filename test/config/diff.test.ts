import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { diffConfigurations } from '../../services/config/diff.ts';
import { applyAll, emptyConfiguration } from '../../services/config/operations.ts';

const id = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;
const start = applyAll(emptyConfiguration, [
  { op: 'create-group', group: 'edge' },
  { op: 'admit', machine: 'mx1', id: id(1), group: 'main', layer: {} },
  { op: 'set', level: 'cluster', path: '/destinations/example.org', value: { tls: 'dane' } },
  { op: 'set', level: 'cluster', path: '/listeners/public', value: { port: 25, certificate: 'mx' } },
]);

describe('diff', () => {
  it('shows settings by level and leaf: units whole, tombstones as null', () => {
    const after = applyAll(start, [
      { op: 'set', level: 'cluster', path: '/listeners/public/port', value: 26 },
      { op: 'unset', level: 'cluster', path: '/listeners/public/certificate' },
      { op: 'set', level: 'cluster', path: '/destinations/example.org/tls', value: 'none' },
      { op: 'remove', level: 'machine/mx1', path: '/certificates/mx' },
    ]);

    assert.deepEqual(diffConfigurations(start, after), {
      structure: [],
      settings: [
        {
          level: 'cluster',
          changes: [
            { pointer: '/destinations/example.org', before: { tls: 'dane' }, after: { tls: 'none' } },
            { pointer: '/listeners/public/certificate', before: 'mx' },
            { pointer: '/listeners/public/port', before: 25, after: 26 },
          ],
        },
        { level: 'machine/mx1', changes: [{ pointer: '/certificates/mx', after: null }] },
      ],
    });
  });

  it('shows what became of groups and machines', () => {
    const after = applyAll(start, [
      { op: 'create-group', group: 'inner' },
      { op: 'move', machine: 'mx1', group: 'inner' },
      { op: 'delete-group', group: 'edge' },
      { op: 'admit', machine: 'mx2', id: id(2), group: 'main', layer: {} },
    ]);

    assert.deepEqual(diffConfigurations(start, after).structure, [
      { kind: 'group-deleted', group: 'edge' },
      { kind: 'group-created', group: 'inner' },
      { kind: 'machine-moved', machine: 'mx1', from: 'main', to: 'inner' },
      { kind: 'machine-admitted', machine: 'mx2', group: 'main' },
    ]);
  });

  it('shows another machine under an old name as one that left and one that joined', () => {
    const after = applyAll(start, [
      { op: 'dismiss', machine: 'mx1' },
      { op: 'admit', machine: 'mx1', id: id(2), group: 'edge', layer: {} },
    ]);

    assert.deepEqual(diffConfigurations(start, after).structure, [
      { kind: 'machine-dismissed', machine: 'mx1', group: 'main' },
      { kind: 'machine-admitted', machine: 'mx1', group: 'edge' },
    ]);
  });

  it('is empty between equal configurations', () => {
    assert.deepEqual(diffConfigurations(start, structuredClone(start)), { settings: [], structure: [] });
  });
});
