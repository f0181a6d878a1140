import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import fc from 'fast-check';

import { merge, type Merge } from '../../services/config/merge.ts';
import { applyAll, emptyConfiguration } from '../../services/config/operations.ts';
import { placeName } from '../../services/config/places.ts';
import { checkRenames } from '../../services/config/renames.ts';
import { canonicalJson, type Json } from '../../services/schema/json.ts';
import type { Configuration, Operation } from '../../services/schema/types.generated.ts';
import { settingOperation } from './arbitraries.ts';
import { flatten } from './reference.ts';

const ids = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'] as const;
const start = applyAll(emptyConfiguration, [
  { op: 'create-group', group: 'edge' },
  { op: 'admit', machine: 'mx1', id: ids[0], group: 'main', layer: {} },
]);

const port = (value: number): Operation => ({ op: 'set', level: 'cluster', path: '/listeners/public/port', value });
const certificate = (value: string): Operation => ({
  op: 'set',
  level: 'cluster',
  path: '/listeners/public/certificate',
  value,
});

function mergeOf(base: Configuration, theirs: readonly Operation[], ours: readonly Operation[]): Merge {
  return merge({ base, head: applyAll(base, theirs), draft: applyAll(base, ours), operations: ours });
}

function conflictsOf(merged: Merge): readonly string[] {
  return merged.conflicts.map(({ place }) => placeName(place));
}

describe('merge', () => {
  it('lets changes of different fields of one entry both land', () => {
    const merged = mergeOf(start, [port(26)], [certificate('mx')]);

    assert.deepEqual(merged.conflicts, []);
    assert.deepEqual(merged.configuration.layers['cluster'], {
      listeners: { public: { port: 26, certificate: 'mx' } },
    });
  });

  it('refuses two values for one field, and names both', () => {
    const merged = mergeOf(start, [port(26)], [port(27)]);

    assert.deepEqual(merged.conflicts, [
      {
        place: { kind: 'setting', level: 'cluster', path: ['listeners', 'public', 'port'] },
        ours: 27,
        theirs: 26,
      },
    ]);
    assert.deepEqual(merged.configuration.layers['cluster'], { listeners: { public: { port: 26 } } });
  });

  it('takes the same value from both', () => {
    assert.deepEqual(mergeOf(start, [port(26)], [port(27), port(26)]).conflicts, []);
  });

  it('sees no change in a draft that takes its own change back', () => {
    const ours: Operation[] = [port(27), { op: 'unset', level: 'cluster', path: '/listeners/public/port' }];

    const merged = mergeOf(start, [port(26)], ours);

    assert.deepEqual(merged.conflicts, []);
    assert.deepEqual(merged.configuration.layers['cluster'], { listeners: { public: { port: 26 } } });
  });

  it('refuses to replace an entry in which someone else changed a field', () => {
    const ours: Operation[] = [
      { op: 'set', level: 'cluster', path: '/listeners', value: { public: { tls: 'implicit' } } },
    ];

    assert.deepEqual(conflictsOf(mergeOf(start, [port(26)], ours)), ['cluster/listeners']);
  });

  it('refuses to change a field of what someone else removed', () => {
    const theirs: Operation[] = [{ op: 'remove', level: 'cluster', path: '/listeners' }];

    assert.deepEqual(conflictsOf(mergeOf(start, theirs, [port(26)])), ['cluster/listeners/public/port']);
  });

  it('refuses to bring a removed field back when someone else removed all it is part of', () => {
    const base = applyAll(start, [{ op: 'remove', level: 'cluster', path: '/listeners/public/port' }]);
    const theirs: Operation[] = [{ op: 'remove', level: 'cluster', path: '/listeners' }];

    assert.deepEqual(conflictsOf(mergeOf(base, theirs, [port(26)])), ['cluster/listeners/public/port']);
  });

  it('treats a unit as one: two changes in different parts of it conflict', () => {
    const at = (path: string, value: Json): Operation => ({ op: 'set', level: 'cluster', path, value });
    const base = applyAll(start, [at('/destinations/example.org', { tls: 'required-verify' })]);
    const theirs = [at('/destinations/example.org/match', ['mx.example.org'])];
    const ours = [at('/destinations/example.org/tls', 'dane')];

    assert.deepEqual(conflictsOf(mergeOf(base, theirs, ours)), ['cluster/destinations/example.org']);
  });

  it('names each place below the removal of a whole table, also where its entry was removed before', () => {
    const [entry, field] = ['/mailFlowPolicies/partners', '/mailFlowPolicies/partners/tls'];
    const base = applyAll(start, [{ op: 'remove', level: 'cluster', path: entry }]);
    const theirs: Operation[] = [{ op: 'remove', level: 'cluster', path: '/mailFlowPolicies' }];
    const ours: Operation[] = [
      { op: 'unset', level: 'cluster', path: entry },
      { op: 'set', level: 'cluster', path: field, value: 'off' },
    ];

    assert.deepEqual(conflictsOf(mergeOf(base, theirs, ours)), [`cluster${entry}`, `cluster${field}`]);
  });

  it('keeps the same field at different levels apart', () => {
    const merged = mergeOf(start, [port(26)], [{ ...port(27), level: 'machine/mx1' } as Operation]);

    assert.deepEqual(merged.conflicts, []);
  });

  it('refuses two moves of one machine to different groups', () => {
    const base = applyAll(start, [{ op: 'create-group', group: 'inner' }]);

    const merged = mergeOf(
      base,
      [{ op: 'move', machine: 'mx1', group: 'edge' }],
      [{ op: 'move', machine: 'mx1', group: 'inner' }],
    );

    assert.deepEqual(conflictsOf(merged), ['the machine mx1']);
  });

  it('refuses settings of a machine that left meanwhile', () => {
    const ours = [{ ...port(27), level: 'machine/mx1' } as Operation];

    const merged = mergeOf(start, [{ op: 'dismiss', machine: 'mx1' }], ours);

    assert.deepEqual(conflictsOf(merged), ['the machine mx1']);
    assert.equal(merged.conflicts[0]?.reason, 'it is gone');
  });

  it('refuses settings of a machine that was replaced by another of the same name', () => {
    const theirs: Operation[] = [
      { op: 'dismiss', machine: 'mx1' },
      { op: 'admit', machine: 'mx1', id: ids[1], group: 'main', layer: {} },
    ];

    const merged = mergeOf(start, theirs, [{ ...port(27), level: 'machine/mx1' } as Operation]);

    assert.deepEqual(conflictsOf(merged), ['the machine mx1']);
  });

  it('refuses to dismiss a machine whose settings someone else changed', () => {
    const theirs = [{ ...port(27), level: 'machine/mx1' } as Operation];

    assert.deepEqual(conflictsOf(mergeOf(start, theirs, [{ op: 'dismiss', machine: 'mx1' }])), ['machine/mx1']);
  });

  it('refuses to delete a group that a machine joined meanwhile', () => {
    const theirs: Operation[] = [{ op: 'move', machine: 'mx1', group: 'edge' }];

    const merged = mergeOf(start, theirs, [{ op: 'delete-group', group: 'edge' }]);

    assert.deepEqual(conflictsOf(merged), ['the group edge']);
  });

  it('refuses to move a machine to a group that was deleted meanwhile', () => {
    const merged = mergeOf(
      start,
      [{ op: 'delete-group', group: 'edge' }],
      [{ op: 'move', machine: 'mx1', group: 'edge' }],
    );

    assert.deepEqual(conflictsOf(merged), ['the group edge']);
  });

  it('refuses one machine that was admitted on both sides under two names', () => {
    const admit = (machine: string): Operation => ({ op: 'admit', machine, id: ids[1], group: 'main', layer: {} });

    assert.deepEqual(conflictsOf(mergeOf(start, [admit('mx2')], [admit('mx3')])), ['the machine mx3']);
  });

  it('lets a machine go on under another name while another one takes its name', () => {
    const ours: Operation[] = [
      { op: 'dismiss', machine: 'mx1' },
      { op: 'admit', machine: 'mx1', id: ids[1], group: 'main', layer: {} },
      { op: 'admit', machine: 'mx2', id: ids[0], group: 'main', layer: {} },
    ];

    assert.deepEqual(mergeOf(start, [], ours), { configuration: applyAll(start, ours), conflicts: [] });
  });

  it('lets two machines be admitted and a group be made at the same time', () => {
    const merged = mergeOf(
      start,
      [{ op: 'admit', machine: 'mx2', id: ids[1], group: 'main', layer: {} }],
      [
        { op: 'create-group', group: 'inner' },
        { op: 'move', machine: 'mx1', group: 'inner' },
      ],
    );

    assert.deepEqual(merged.conflicts, []);
    assert.deepEqual(Object.keys(merged.configuration.machines).sort(), ['mx1', 'mx2']);
    assert.equal(merged.configuration.machines['mx1']?.group, 'inner');
  });

  it('does what the reference model over flattened leaves does', () => {
    fc.assert(
      fc.property(histories, ({ base, theirs, ours }) => {
        const [head, draft] = [applyAll(base, theirs), applyAll(base, ours)];

        const merged = merge({ base, head, draft, operations: ours });

        const expected = referenceMerge(base, head, draft, ours);
        assert.deepEqual([...conflictsOf(merged)].sort(), expected.conflicts);
        if (expected.conflicts.length === 0) assert.deepEqual(flat(merged.configuration), expected.leaves);
      }),
      { numRuns: 1000 },
    );
  });

  it('gives, without conflicts, a configuration that fits together', () => {
    fc.assert(
      fc.property(structures, structures, structures, (before, theirs, ours) => {
        const base = applyAll(start, applicable(start, before));

        const drafted = draftable(base, applicable(base, ours));
        const merged = mergeOf(base, applicable(base, theirs), drafted);

        assert.ok(merged.conflicts.length > 0 || isWhole(merged.configuration));
        const alone = mergeOf(base, [], drafted);
        assert.deepEqual(alone, { configuration: applyAll(base, drafted), conflicts: [] });
      }),
      { numRuns: 1000 },
    );
  });

  it('gives the same configuration whoever commits first', () => {
    fc.assert(
      fc.property(histories, ({ base, theirs, ours }) => {
        const [one, other] = [mergeOf(base, theirs, ours), mergeOf(base, ours, theirs)];

        if (one.conflicts.length > 0 || other.conflicts.length > 0) return;
        assert.equal(canonicalJson(one.configuration), canonicalJson(other.configuration));
      }),
    );
  });

  it('gives the draft when the head did not move, and the head when the draft is empty', () => {
    fc.assert(
      fc.property(histories, ({ base, ours }) => {
        const draft = applyAll(base, ours);

        assert.equal(canonicalJson(mergeOf(base, [], ours)), canonicalJson({ configuration: draft, conflicts: [] }));
        assert.equal(canonicalJson(mergeOf(base, ours, [])), canonicalJson({ configuration: draft, conflicts: [] }));
      }),
    );
  });
});

/** What can never be in a configuration, whoever changed what. */
function isWhole({ groups, machines, layers }: Configuration): boolean {
  const entries = Object.values(machines);
  const owners = [
    'cluster',
    ...Object.keys(groups).map((name) => `group/${name}`),
    ...Object.keys(machines).map((name) => `machine/${name}`),
  ];
  return (
    entries.every(({ group }) => Object.hasOwn(groups, group)) &&
    new Set(entries.map(({ id }) => id)).size === entries.length &&
    Object.keys(layers).every((level) => owners.includes(level))
  );
}

const structural: fc.Arbitrary<Operation> = fc.oneof(
  fc.constantFrom('edge', 'inner').map((group): Operation => ({ op: 'create-group', group })),
  fc.constantFrom('edge', 'inner').map((group): Operation => ({ op: 'delete-group', group })),
  fc
    .constantFrom(['edge', 'inner'], ['inner', 'edge'], ['edge', 'outer'], ['outer', 'edge'])
    .map(([group = '', to = '']): Operation => ({ op: 'rename-group', group, to })),
  fc
    .tuple(fc.constantFrom('mx1', 'mx2'), fc.constantFrom('main', 'edge', 'inner'))
    .map(([machine, group]): Operation => ({ op: 'move', machine, group })),
  fc.constantFrom('mx1', 'mx2').map((machine): Operation => ({ op: 'dismiss', machine })),
  fc
    .tuple(fc.constantFrom('mx1', 'mx2'), fc.constantFrom(...ids), fc.constantFrom('main', 'edge', 'inner'))
    .map(([machine, id, group]): Operation => ({
      op: 'admit',
      machine,
      id,
      group,
      layer: { outbound: { trust: 'mx' } },
    })),
  settingOperation(['machine/mx1', 'machine/mx2', 'group/edge', 'group/inner']),
);
const structures = fc.array(structural, { maxLength: 5 });

const operations = fc.array(settingOperation(['cluster', 'machine/mx1']), { maxLength: 6 });

/** A base, and two ways on from it; operations that cannot be applied are left out. */
const histories = fc.tuple(operations, operations, operations).map(([before, theirs, ours]) => {
  const base = applyAll(start, applicable(start, before));
  return { base, theirs: applicable(base, theirs), ours: applicable(base, ours) };
});

/** Without what no draft takes. */
function draftable(base: Configuration, operations: readonly Operation[]): readonly Operation[] {
  try {
    checkRenames(base, operations);
    return operations;
  } catch {
    return [];
  }
}

function applicable(configuration: Configuration, wanted: readonly Operation[]): readonly Operation[] {
  const kept: Operation[] = [];
  let present = configuration;
  for (const operation of wanted) {
    try {
      present = applyAll(present, [operation]);
      kept.push(operation);
    } catch {
      // Not here and now.
    }
  }
  return kept;
}

type Leaves = ReadonlyMap<string, Json>;

/** The same rules over leaves: a place is what stands at its leaf or below it, or that a leaf above removes it. */
function referenceMerge(base: Configuration, head: Configuration, draft: Configuration, ours: readonly Operation[]) {
  const [was, theirs, mine] = [flat(base), flat(head), flat(draft)];
  const places = [
    ...new Set(ours.flatMap((operation) => ('path' in operation ? [`${operation.level}${operation.path}`] : []))),
  ]
    .filter((place) => view(was, place) !== view(mine, place))
    .sort((a, b) => a.length - b.length);
  const conflicts = places.filter(
    (place) => around(was, place) !== around(theirs, place) && view(mine, place) !== view(theirs, place),
  );
  const leaves = new Map(theirs);
  for (const place of places) {
    if (view(mine, place) === view(leaves, place)) continue;
    for (const leaf of leaves.keys()) if (isWithin(leaf, place)) leaves.delete(leaf);
    for (const [leaf, value] of mine) if (isWithin(leaf, place)) leaves.set(leaf, value);
  }
  return { conflicts: [...conflicts].sort(), leaves: new Map([...leaves].sort(([a], [b]) => (a < b ? -1 : 1))) };
}

function view(leaves: Leaves, place: string): string {
  if ([...leaves].some(([leaf, value]) => value === null && isWithin(place, leaf))) return 'removed';
  return canonicalJson(Object.fromEntries([...leaves].filter(([leaf]) => isWithin(leaf, place))));
}

/** The leaves at, below and above a place: what a change of any of them changes. */
function around(leaves: Leaves, place: string): string {
  return canonicalJson([...leaves].filter(([leaf]) => isWithin(leaf, place) || isWithin(place, leaf)));
}

function isWithin(leaf: string, place: string): boolean {
  return leaf === place || leaf.startsWith(`${place}/`);
}

function flat({ layers }: Configuration): Leaves {
  const all = Object.entries(layers).flatMap(([level, layer]) =>
    [...flatten(layer as Json)].map(([leaf, value]) => [`${level}${leaf}`, value] as const),
  );
  return new Map(all.sort(([a], [b]) => (a < b ? -1 : 1)));
}
