import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { expandAll } from '../../services/config/changes.ts';
import { amended, emptyDraft, rebased } from '../../services/config/draft.ts';
import { merge } from '../../services/config/merge.ts';
import { applyAll } from '../../services/config/operations.ts';
import { placeName } from '../../services/config/places.ts';
import { withoutRenames } from '../../services/config/renames.ts';
import { isNamed } from '../../services/errors.ts';
import type { Configuration, DraftChange, Operation } from '../../services/schema/types.generated.ts';
import { machineId } from './surroundings.ts';

const base: Configuration = {
  groups: { main: {}, edge: { description: 'in front' } },
  machines: { mx1: { id: machineId(1), group: 'edge' }, mx2: { id: machineId(2), group: 'main' } },
  layers: { 'group/edge': { listeners: { public: { port: 26 } } } },
};
const rename: Operation = { op: 'rename-group', group: 'edge', to: 'border' };
const dissolve: DraftChange = { op: 'dissolve-group', group: 'edge', to: 'main' };
const tls = (group: string, value: string): Operation => set(group, '/listeners/public/tls', value);
const port = (group: string, value: number): Operation => set(group, '/listeners/public/port', value);
const now = new Date('2026-01-01T00:00:00Z');

/** What a draft with the changes becomes on the head that others made: by a commit, or after a rebase. */
function meeting(theirs: readonly Operation[], changes: readonly DraftChange[]) {
  const head = { number: 1, configuration: applyAll(base, theirs) };
  const draft = amended(emptyDraft('ann', 0, now), base, changes, now);
  const { operations } = draft;
  const merged = merge({ base, head: head.configuration, draft: applyAll(base, operations), operations });
  return {
    conflicts: merged.conflicts.map(({ place }) => placeName(place)),
    committed: merged.configuration,
    keeping: (keep: 'mine' | 'theirs') =>
      applyAll(head.configuration, rebased({ draft, base, head, keep, now }).operations),
  };
}

describe('a group renamed in a draft', () => {
  it('takes along what others set under its old name meanwhile, and the machines they moved there', () => {
    const theirs = [tls('edge', 'implicit'), { op: 'move', machine: 'mx2', group: 'edge' } as const];

    const { conflicts, committed, keeping } = meeting(theirs, [rename, port('border', 27)]);

    const expected: Configuration = {
      groups: { main: {}, border: { description: 'in front' } },
      machines: { mx1: { id: machineId(1), group: 'border' }, mx2: { id: machineId(2), group: 'border' } },
      layers: { 'group/border': { listeners: { public: { port: 27, tls: 'implicit' } } } },
    };
    assert.deepEqual([conflicts, committed], [[], expected]);
    assert.deepEqual([keeping('mine'), keeping('theirs')], [expected, expected]);
  });

  it('conflicts by its new name where both set the same, and keeps the side that is asked for', () => {
    for (const changes of [
      [rename, port('border', 27)],
      [port('edge', 27), rename],
    ]) {
      const { conflicts, keeping } = meeting([port('edge', 28), tls('edge', 'implicit')], changes);

      const said = (value: number) => ({ 'group/border': { listeners: { public: { port: value, tls: 'implicit' } } } });
      assert.deepEqual(conflicts, ['group/border/listeners/public/port']);
      assert.deepEqual([keeping('mine').layers, keeping('theirs').layers], [said(27), said(28)]);
    }
  });

  it('keeps its old name with theirs where others took the new one, and what was changed in it', () => {
    const { conflicts, keeping } = meeting([{ op: 'create-group', group: 'border' }], [rename, port('border', 27)]);

    const { groups, layers } = keeping('theirs');
    assert.deepEqual(conflicts, ['the group border']);
    assert.deepEqual(groups, { main: {}, edge: { description: 'in front' }, border: {} });
    assert.deepEqual(layers, { 'group/edge': { listeners: { public: { port: 27 } } } });
    assert.throws(
      () => keeping('mine'),
      (error) => isNamed(error, 'already-exists'),
    );
  });

  it('conflicts with a group that is gone or has another name by now', () => {
    const gone = expandAll(base, [dissolve]);

    assert.deepEqual(meeting(gone, [rename]).conflicts, ['the group edge']);
    assert.deepEqual(meeting([{ ...rename, to: 'front' }], [rename]).conflicts, ['the group edge']);
    assert.deepEqual(meeting([{ ...rename, to: 'front' }], [rename]).keeping('theirs').groups, {
      main: {},
      front: { description: 'in front' },
    });
  });

  it('is no conflict when others gave it the same name', () => {
    const { conflicts, committed, keeping } = meeting([rename, tls('border', 'implicit')], [rename]);

    assert.deepEqual([conflicts, keeping('mine')], [[], committed]);
    assert.deepEqual(committed.layers['group/border'], { listeners: { public: { port: 26, tls: 'implicit' } } });
  });

  it('can be renamed again, deleted after that, and its old name taken', () => {
    const again = [rename, { ...rename, group: 'border', to: 'front' }, { op: 'create-group', group: 'edge' }] as const;

    const { conflicts, committed, keeping } = meeting([tls('edge', 'implicit')], again);

    assert.deepEqual([conflicts, keeping('mine')], [[], committed]);
    assert.deepEqual(Object.keys(committed.groups).sort(), ['edge', 'front', 'main']);
    assert.deepEqual(Object.keys(committed.layers), ['group/front']);
  });

  it('that the draft created is created under its last name', () => {
    const created = [
      { op: 'create-group', group: 'inner' },
      port('inner', 28),
      { ...rename, group: 'inner', to: 'core' },
    ] as const;

    const { conflicts, committed, keeping } = meeting([{ op: 'create-group', group: 'inner' }], created);

    assert.deepEqual(conflicts, []);
    assert.deepEqual(Object.keys(committed.groups).sort(), ['core', 'edge', 'inner', 'main']);
    assert.throws(() => keeping('mine'), /there is a group "inner" already/);
  });

  it('does not take the name of one that the same draft deletes', () => {
    const changes = [
      dissolve,
      { op: 'create-group', group: 'inner' },
      { ...rename, group: 'inner', to: 'edge' },
    ] as const;
    const swapped = [
      { op: 'create-group', group: 'inner' } as const,
      { op: 'delete-group', group: 'inner' } as const,
      { ...rename, to: 'inner' },
    ];

    assert.deepEqual(meeting([], changes).conflicts, []);
    const two = applyAll(base, [{ op: 'create-group', group: 'inner' }]);
    assert.throws(
      () => amended(emptyDraft('ann', 0, now), two, swapped.slice(1), now),
      /the group "inner" is there until this draft is committed; commit it, then rename edge/,
    );
    assert.deepEqual(Object.keys(meeting([], swapped).committed.groups).sort(), ['inner', 'main']);
  });
});

describe('a group dissolved in a draft', () => {
  it('stays whole with theirs where others set something in it: with its machines', () => {
    const { conflicts, keeping } = meeting([tls('edge', 'implicit')], [dissolve]);

    const { groups, machines, layers } = keeping('theirs');
    assert.deepEqual(conflicts, ['group/edge']);
    assert.deepEqual([groups['edge'], machines['mx1']?.group], [{ description: 'in front' }, 'edge']);
    assert.deepEqual(layers['group/edge'], { listeners: { public: { port: 26, tls: 'implicit' } } });
  });
});

describe('operations without a rename', () => {
  it('go on under the old name, also through a rename that stays', () => {
    const second: Operation = { ...rename, group: 'border', to: 'front' };
    const operations: Operation[] = [
      rename,
      port('border', 27),
      second,
      { op: 'move', machine: 'mx2', group: 'front' },
    ];

    assert.deepEqual(withoutRenames(operations, [rename as never]), [
      port('edge', 27),
      { ...second, group: 'edge' },
      { op: 'move', machine: 'mx2', group: 'front' },
    ]);
    assert.deepEqual(withoutRenames(operations, [rename as never, second as never]), [
      port('edge', 27),
      { op: 'move', machine: 'mx2', group: 'edge' },
    ]);
  });
});

function set(group: string, path: string, value: unknown): Operation {
  return { op: 'set', level: `group/${group}`, path, value };
}
