import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';

import fc from 'fast-check';

import { expandAll } from '../../services/config/changes.ts';
import { leaves } from '../../services/config/leaves.ts';
import { layerAt } from '../../services/config/levels.ts';
import { same } from '../../services/config/merge.ts';
import { applyAll, emptyConfiguration } from '../../services/config/operations.ts';
import { isNamed, NamedError } from '../../services/errors.ts';
import type { Json, JsonObject } from '../../services/schema/json.ts';
import type { Configuration, DraftChange, Operation } from '../../services/schema/types.generated.ts';
import { layer } from './arbitraries.ts';
import { binding, joinMachine, machineId, surroundings, type Surroundings } from './surroundings.ts';

const set = (level: string, path: string, value: unknown): Operation => ({ op: 'set', level, path, value });
const change = (configuration: Configuration, ...changes: readonly DraftChange[]) =>
  applyAll(configuration, expandAll(configuration, changes));

const start: Configuration = {
  groups: { main: {}, edge: { description: 'in front' } },
  machines: { mx1: { id: machineId(1), group: 'edge' }, mx2: { id: machineId(2), group: 'main' } },
  layers: { 'group/edge': { listeners: { public: { port: 26 } } } },
};

describe('a group', () => {
  it('is renamed with its description, its machines and its settings', () => {
    const { groups, machines, layers } = change(start, { op: 'rename-group', group: 'edge', to: 'border' });

    assert.deepEqual(groups, { main: {}, border: { description: 'in front' } });
    assert.deepEqual([machines['mx1']?.group, machines['mx2']?.group], ['border', 'main']);
    assert.deepEqual(layers, { 'group/border': { listeners: { public: { port: 26 } } } });
  });

  it('is not renamed to the name of another one, and main not at all', () => {
    const rename = (group: string, to: string) => () => change(start, { op: 'rename-group', group, to });

    assert.throws(rename('edge', 'main'), /there is a group "main" already/);
    assert.throws(rename('main', 'others'), /the group "main" always exists/);
    assert.throws(rename('nowhere', 'others'), /there is no group "nowhere"/);
  });

  it('is dissolved: its machines go to another group, then it goes with its settings', () => {
    const { groups, machines, layers } = change(start, { op: 'dissolve-group', group: 'edge', to: 'main' });

    assert.deepEqual([groups, machines['mx1']?.group, layers], [{ main: {} }, 'main', {}]);
    assert.throws(() => change(start, { op: 'delete-group', group: 'edge' }), /is not empty \(1: mx1\).*--members-to/);
  });

  it('is described, and described no more', () => {
    const described = change(start, { op: 'describe-group', group: 'edge', description: 'behind' });

    assert.deepEqual(described.groups['edge'], { description: 'behind' });
    assert.deepEqual(change(described, { op: 'describe-group', group: 'edge' }).groups['edge'], {});
  });
});

describe('settings', () => {
  const held: Configuration = {
    ...start,
    layers: {
      cluster: { destinations: { 'example.org': { tls: 'preferred' } } },
      'machine/mx1': {
        certificates: { mx: binding('1') },
        destinations: { 'example.org': { tls: 'required' }, 'example.net': { tls: 'dane' } },
        listeners: { submission: null },
      },
    },
  };
  const transfer = (op: 'copy-settings' | 'move-settings', path: string, more: { readonly replace?: boolean } = {}) =>
    ({ op, path, from: 'machine/mx1', to: 'cluster', ...more }) as const;

  it('are copied whole: a certificate with its key', () => {
    assert.deepEqual(expandAll(held, [transfer('copy-settings', '/certificates/mx')]), [
      set('cluster', '/certificates/mx', binding('1')),
    ]);
    assert.throws(
      () => expandAll(held, [transfer('copy-settings', '/certificates/mx/key')]),
      /name \/certificates\/mx$/,
    );
  });

  it('are moved: removals too, and gone where they were', () => {
    const { layers } = change(held, transfer('move-settings', '/listeners'));

    assert.deepEqual(layers['cluster'], { ...held.layers['cluster'], listeners: { submission: null } });
    assert.deepEqual(Object.keys(layers['machine/mx1'] ?? {}), ['certificates', 'destinations']);
  });

  it('are refused, each by name, where the target says something else', () => {
    assert.throws(
      () => expandAll(held, [transfer('copy-settings', '')]),
      (error) => {
        assert.ok(error instanceof NamedError && error.code === 'already-exists', String(error));
        assert.deepEqual(
          error.findings.map(({ level, pointer }) => [level, pointer]),
          [['cluster', '/destinations/example.org']],
        );
        return true;
      },
    );
    const { layers } = change(held, transfer('move-settings', '', { replace: true }));
    assert.deepEqual(layers, { cluster: held.layers['machine/mx1'] });
  });

  it('are not found where a level says nothing', () => {
    assert.throws(
      () => expandAll(held, [transfer('copy-settings', '/outbound')]),
      /machine\/mx1 says nothing at \/outbound/,
    );
  });

  it('say the same at the target after any transfer with replacement, and nothing else of it changes', () => {
    const base = { ...emptyConfiguration, machines: { mx1: { id: machineId(1), group: 'main' } } };
    fc.assert(
      fc.property(layer, layer, fc.boolean(), (source, target, moves) => {
        const given = apply(base, source, target);
        fc.pre(given !== undefined && Object.keys(layerAt(given, 'machine/mx1')).length > 0);
        const op = moves ? 'move-settings' : 'copy-settings';

        const after = change(given, { op, path: '', from: 'machine/mx1', to: 'cluster', replace: true });

        const [wanted, is, was] = [
          leaves(layerAt(given, 'machine/mx1')),
          leaves(layerAt(after, 'cluster')),
          leaves(layerAt(given, 'cluster')),
        ];
        for (const [at, value] of wanted) assert.ok(isSaid(is, at, value), at);
        for (const [at, value] of was) {
          const touched = [...wanted.keys()].some(
            (one) => one === at || `${one}/`.startsWith(`${at}/`) || at.startsWith(`${one}/`),
          );
          if (!touched) assert.ok(same(is.get(at), value), at);
        }
        assert.deepEqual(layerAt(after, 'machine/mx1'), moves ? {} : layerAt(given, 'machine/mx1'));
      }),
      { numRuns: 300 },
    );
  });
});

/** A layer says a leaf, or, for an entry without fields, something below it; a removal above says a removal. */
function isSaid(leavesOf: ReadonlyMap<string, Json>, at: string, value: Json): boolean {
  if (same(leavesOf.get(at), value)) return true;
  if (value === null) return [...leavesOf].some(([place, said]) => said === null && at.startsWith(`${place}/`));
  return same(value, {}) && [...leavesOf.keys()].some((place) => place.startsWith(`${at}/`));
}

function apply(base: Configuration, source: JsonObject, target: JsonObject): Configuration | undefined {
  try {
    return applyAll(base, [set('machine/mx1', '', source), set('cluster', '', target)]);
  } catch {
    return undefined;
  }
}

describe('a change of groups or levels', () => {
  let around: Surroundings;
  beforeEach(async () => {
    around = surroundings();
    await around.config.apply('root', [{ op: 'create-group', group: 'edge' }], { comment: 'edge', rollout: false });
    await joinMachine(around, 1, 'edge');
    await joinMachine(around, 2);
  });
  afterEach(() => around.close());

  it('is planned machine by machine, and the draft stays as it is', async () => {
    await around.config.amend('ann', [set('group/edge', '/listeners/public/port', 26)]);

    const plan = await around.config.plan('ann', [{ op: 'move', machine: 'mx1', group: 'main' }]);

    assert.deepEqual(plan.machines, [
      { machine: 'mx1', settings: [{ pointer: '/listeners/public/port', before: 26, after: 25 }] },
    ]);
    assert.deepEqual(plan.unchanged, ['mx2']);
    assert.equal((await around.config.draft('ann')).operations.length, 1);
  });

  it('changes nothing on any machine when it only renames, and says what would be refused', async () => {
    const { config } = around;
    const renamed = await config.plan('ann', [
      set('group/edge', '/listeners/public/port', 26),
      { op: 'rename-group', group: 'edge', to: 'border' },
    ]);
    const wrong = await config.plan('ann', [set('cluster', '/listeners/public/port', 666)]);

    assert.deepEqual(
      renamed.machines.map(({ machine }) => machine),
      ['mx1'],
    );
    assert.deepEqual((await config.plan('ann', [{ op: 'rename-group', group: 'edge', to: 'border' }])).machines, []);
    assert.deepEqual(wrong.findings.map(({ machine, detail }) => [machine, detail]).slice(0, 1), [
      ['mx1', 'port 666 is taken'],
    ]);
  });

  it('meets drafts of others that name the old group with a conflict that says so', async () => {
    const { config } = around;
    await config.amend('bob', [set('group/edge', '/listeners/public/port', 27)]);
    await config.amend('ann', [{ op: 'rename-group', group: 'edge', to: 'border' }]);
    await config.commit('ann', { comment: 'border', rollout: false });

    await assert.rejects(config.commit('bob', { comment: 'port', rollout: false }), (error) => {
      assert.ok(isNamed(error, 'draft-conflict'));
      assert.match(error.message, /the group edge: it is gone \(changed by ann in revision \d\)/);
      return true;
    });
  });
});
