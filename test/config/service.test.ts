import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';

import { configService } from '../../services/config/service.ts';
import { isNamed, type ErrorCode, type NamedError } from '../../services/errors.ts';
import type { Operation } from '../../services/schema/types.generated.ts';
import { keys } from '../../services/store/keys.ts';
import type { Store } from '../../services/store/store.ts';
import { binding, digest, joinMachine, machineId, surroundings, type Surroundings } from './surroundings.ts';

const set = (level: string, path: string, value: unknown): Operation => ({ op: 'set', level, path, value });
const port = (value: number, level = 'cluster') => set(level, '/listeners/public/port', value);
const tls = (value: string, level = 'cluster') => set(level, '/listeners/public/tls', value);
const options = { comment: 'a change', rollout: true };

let around: Surroundings;
beforeEach(() => {
  around = surroundings();
});
afterEach(() => around.close());

/** Rejects with a named error, which is returned for a closer look. */
async function refused(work: Promise<unknown>, code: ErrorCode): Promise<NamedError> {
  let found: unknown;
  await assert.rejects(work, (error: unknown) => {
    found = error;
    return isNamed(error, code);
  });
  return found as NamedError;
}

async function commitAs(author: string, ...operations: readonly Operation[]) {
  await around.config.amend(author, operations);
  return around.config.commit(author, options);
}

describe('a new installation', () => {
  it('is at revision 0: the group main, and nothing else', async () => {
    const { config } = around;

    assert.equal((await config.head()).number, 0);
    assert.deepEqual(await config.configuration(0), { groups: { main: {} }, machines: {}, layers: {} });
    assert.deepEqual(await config.history(), [await config.revision(0)]);
  });
});

describe('a draft', () => {
  it('is empty and on the head when there is none', async () => {
    const { author, base, operations } = await around.config.draft('ann');

    assert.deepEqual({ author, base, operations }, { author: 'ann', base: 0, operations: [] });
  });

  it('belongs to its author and keeps its base when others commit', async () => {
    await around.config.amend('ann', [port(26)]);

    await commitAs('bob', tls('implicit'));

    assert.equal((await around.config.draft('ann')).base, 0);
    assert.deepEqual((await around.config.draft('ann')).operations, [port(26)]);
    assert.equal((await around.config.draft('bob')).base, 1);
  });

  it('takes all operations of a call or none', async () => {
    const error = await refused(around.config.amend('ann', [port(26), port(70000)]), 'invalid-input');

    assert.deepEqual(
      error.findings.map(({ level, pointer }) => [level, pointer]),
      [['cluster', '/listeners/public/port']],
    );
    assert.deepEqual((await around.config.draft('ann')).operations, []);
  });

  it('is gone when it is discarded', async () => {
    await around.config.amend('ann', [port(26)]);

    await around.config.discard('ann');

    assert.deepEqual((await around.config.draft('ann')).operations, []);
  });

  it('keeps what two clients of one author add at the same time', async () => {
    await Promise.all([around.config.amend('ann', [port(26)]), around.config.amend('ann', [tls('implicit')])]);

    assert.equal((await around.config.draft('ann')).operations.length, 2);
  });

  it('may be far longer than one record of the store', async () => {
    const domains = Array.from({ length: 20_000 }, (_, index) => `a-rather-long-name-of-a-domain-${index}.example.org`);
    const table = Object.fromEntries(domains.map((domain) => [domain, { tls: 'required-verify', match: [domain] }]));

    await around.config.amend('ann', [set('cluster', '/destinations', table), port(26)]);
    const revision = await around.config.commit('ann', options);

    const { layers } = await around.config.configuration(revision.number);
    assert.deepEqual(layers['cluster'], { destinations: table, listeners: { public: { port: 26 } } });
  });

  it('is previewed as a commit would make it', async () => {
    await joinMachine(around, 1);
    await around.config.amend('ann', [set('cluster', '/listeners/public/certificate', 'mx')]);

    const preview = await around.config.preview('ann');

    assert.deepEqual([preview.base, preview.head, preview.conflicts], [1, 1, []]);
    assert.deepEqual(preview.configuration.layers['cluster'], { listeners: { public: { certificate: 'mx' } } });
    assert.deepEqual(
      preview.findings.map(({ machine, pointer, level }) => [machine, pointer, level]),
      [['mx1', '/listeners/public/certificate', 'cluster']],
    );
  });
});

describe('commit', () => {
  it('makes a numbered revision with author, time and comment, and ends the draft', async () => {
    const revision = await commitAs('ann', port(26));

    assert.deepEqual(
      [revision.number, revision.author, revision.comment, revision.rollout],
      [1, 'ann', 'a change', true],
    );
    assert.match(revision.time, /^2026-01-01T/);
    assert.deepEqual(await around.config.head(), revision);
    assert.deepEqual((await around.config.draft('ann')).operations, []);
  });

  it('leaves a line in the audit trail', async () => {
    const { time } = await commitAs('ann', port(26));

    const { entries } = await around.store.range(keys.audits);
    assert.deepEqual(
      entries.map(({ key }) => key),
      [keys.audit(`${time}/revision-1`)],
    );
    assert.deepEqual(JSON.parse(entries[0]?.value ?? ''), {
      ...{ id: `${time}/revision-1`, time, actor: 'ann', action: 'commit', object: 'revision 1' },
      ...{ outcome: 'ok', detail: 'a change' },
    });
  });

  it('refuses an empty draft, and one that changes nothing', async () => {
    await commitAs('bob', port(26));

    await refused(around.config.commit('ann', options), 'nothing-to-commit');
    await around.config.amend('ann', [port(26)]);
    await refused(around.config.commit('ann', options), 'nothing-to-commit');
  });

  it('refuses an invalid configuration, says what and where, and keeps the draft', async () => {
    await joinMachine(around, 1);
    await around.config.amend('ann', [port(666)]);

    const error = await refused(around.config.commit('ann', options), 'invalid-configuration');

    assert.deepEqual(error.findings, [
      { machine: 'mx1', level: 'cluster', pointer: '/listeners/public/port', detail: 'port 666 is taken' },
    ]);
    assert.equal((await around.config.head()).number, 1);
    assert.deepEqual((await around.config.draft('ann')).operations, [port(666)]);
  });

  it('goes through with a warning, which the preview shows', async () => {
    await joinMachine(around, 1);
    await around.config.amend('ann', [port(665)]);

    const { findings } = await around.config.preview('ann');
    const { number } = await around.config.commit('ann', options);

    assert.deepEqual(
      findings.map(({ machine, level, severity }) => [machine, level, severity]),
      [['mx1', 'cluster', 'warning']],
    );
    assert.equal(number, 2);
  });

  it('refuses a key that does not match its chain', async () => {
    await joinMachine(around, 1);
    await around.config.amend('ann', [set('cluster', '/certificates/mx', { key: digest('1'), chain: digest('2') })]);

    const error = await refused(around.config.commit('ann', options), 'invalid-configuration');

    assert.deepEqual([error.findings[0]?.machine, error.findings[0]?.pointer], ['mx1', '/certificates/mx']);
  });

  it('refuses another head than the expected one', async () => {
    await around.config.amend('ann', [port(26)]);
    await commitAs('bob', tls('implicit'));

    await refused(around.config.commit('ann', { ...options, expected: 0 }), 'precondition-failed');
    assert.equal((await around.config.commit('ann', { ...options, expected: 1 })).number, 2);
  });

  it('merges a draft on an old revision when it touches other fields', async () => {
    await around.config.amend('ann', [port(26)]);
    await commitAs('bob', tls('implicit'));

    await around.config.commit('ann', options);

    const { layers } = await around.config.configuration(2);
    assert.deepEqual(layers['cluster'], { listeners: { public: { port: 26, tls: 'implicit' } } });
  });

  it('refuses a draft on an old revision that touches the same field, with both values and who changed it', async () => {
    await around.config.amend('ann', [port(26)]);
    await commitAs('bob', port(27));
    await commitAs('cid', tls('implicit'));

    const error = await refused(around.config.commit('ann', options), 'draft-conflict');

    assert.deepEqual(error.findings, [
      {
        level: 'cluster',
        pointer: '/listeners/public/port',
        detail: 'cluster/listeners/public/port: the draft has 26, the head has 27 (changed by bob in revision 1)',
      },
    ]);
    assert.deepEqual((await around.config.draft('ann')).operations, [port(26)]);
    assert.deepEqual((await around.config.preview('ann')).conflicts, error.findings);
  });

  it('goes through after a rebase that keeps one side', async () => {
    await around.config.amend('ann', [port(26), tls('implicit')]);
    await around.config.amend('cid', [port(28), set('cluster', '/outbound/trust', 'system')]);
    await commitAs('bob', port(27));

    await around.config.rebase('ann', 'mine');
    await around.config.commit('ann', options);
    await around.config.rebase('cid', 'theirs');
    await around.config.commit('cid', options);

    assert.deepEqual((await around.config.configuration(3)).layers['cluster'], {
      listeners: { public: { port: 26, tls: 'implicit' } },
      outbound: { trust: 'system' },
    });
  });

  it('stores what did not change once', async () => {
    await joinMachine(around, 1);
    const before = (await around.store.range(keys.blobs)).entries.length;

    await commitAs('ann', port(26));

    // The new cluster layer and the new index.
    assert.equal((await around.store.range(keys.blobs)).entries.length, before + 2);
  });

  it('applies operations beside the draft of the same author', async () => {
    await around.config.amend('ann', [port(26)]);

    const revision = await around.config.apply('ann', [{ op: 'create-group', group: 'edge' }], {
      comment: 'edge',
      rollout: false,
    });

    assert.deepEqual([revision.number, revision.rollout], [1, false]);
    assert.deepEqual((await around.config.draft('ann')).operations, [port(26)]);
    assert.deepEqual(Object.keys((await around.config.configuration(1)).groups), ['edge', 'main']);
  });
});

describe('two commits at once', () => {
  it('both land when they change different fields', async () => {
    await around.config.amend('ann', [port(26)]);
    await around.config.amend('bob', [tls('implicit')]);

    const revisions = await Promise.all([around.config.commit('ann', options), around.config.commit('bob', options)]);

    assert.deepEqual(revisions.map(({ number }) => number).sort(), [1, 2]);
    assert.deepEqual((await around.config.configuration(2)).layers['cluster'], {
      listeners: { public: { port: 26, tls: 'implicit' } },
    });
  });

  it('both land from two controllers on one store', async () => {
    const other = configService(around.deps);
    const authors = Array.from({ length: 6 }, (_, index) => `author-${index}`);
    for (const [index, author] of authors.entries()) {
      await around.config.amend(author, [set('cluster', `/mailFlowPolicies/policy-${index}/tls`, 'required')]);
    }

    const revisions = await Promise.all(
      authors.map((author, index) => (index % 2 === 0 ? around.config : other).commit(author, options)),
    );

    assert.deepEqual(revisions.map(({ number }) => number).sort(), [1, 2, 3, 4, 5, 6]);
    const { layers } = await other.configuration(6);
    assert.equal(Object.keys(layers['cluster']?.['mailFlowPolicies'] ?? {}).length, 6);
  });

  it('leave one of them with a conflict when they change the same field, and with its draft', async () => {
    const other = configService(around.deps);
    await around.config.amend('ann', [port(26)]);
    await around.config.amend('bob', [port(27)]);

    const outcomes = await Promise.allSettled([around.config.commit('ann', options), other.commit('bob', options)]);

    const failed = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    assert.equal(failed.length, 1);
    assert.ok(isNamed(failed[0], 'draft-conflict'));
    const loser = outcomes[0].status === 'rejected' ? 'ann' : 'bob';
    assert.equal((await around.config.draft(loser)).operations.length, 1);
  });

  it('leave the head as it was when the store fails between blobs and head', async () => {
    const store: Store = {
      ...around.store,
      transact(transaction) {
        const isSwap = transaction.writes.some((write) => 'put' in write && write.put === keys.head);
        return isSwap ? Promise.reject(new Error('power cut')) : around.store.transact(transaction);
      },
    };
    await around.config.amend('ann', [port(26)]);

    await assert.rejects(configService({ ...around.deps, store }).commit('ann', options), /power cut/);

    assert.equal((await around.config.head()).number, 0);
    assert.equal((await around.config.commit('ann', options)).number, 1);
  });

  it('do not take up what is added to the draft meanwhile', async () => {
    let late: Promise<unknown> | undefined;
    const store: Store = {
      ...around.store,
      async transact(transaction) {
        const isSwap = transaction.writes.some((write) => 'put' in write && write.put === keys.head);
        if (isSwap && !late) await (late = around.config.amend('ann', [tls('implicit')]));
        return around.store.transact(transaction);
      },
    };
    await around.config.amend('ann', [port(26)]);

    await refused(configService({ ...around.deps, store }).commit('ann', options), 'precondition-failed');

    assert.equal((await around.config.head()).number, 0);
    assert.equal((await around.config.draft('ann')).operations.length, 2);
  });
});

describe('history', () => {
  it('lists revisions newest first, in pages', async () => {
    for (const value of [26, 27, 28, 29]) await commitAs('ann', port(value));

    const numbers = async (page: Parameters<typeof around.config.history>[0]) =>
      (await around.config.history(page)).map(({ number }) => number);

    assert.deepEqual(await numbers({}), [4, 3, 2, 1, 0]);
    assert.deepEqual(await numbers({ limit: 2 }), [4, 3]);
    assert.deepEqual(await numbers({ before: 3, limit: 2 }), [2, 1]);
    assert.deepEqual(await numbers({ before: 1, limit: 2 }), [0]);
    assert.deepEqual(await numbers({ before: 0 }), []);
  });

  it('compares any two revisions', async () => {
    for (const value of [26, 27, 28]) await commitAs('ann', port(value));

    const { settings } = await around.config.diff(3, 1);

    assert.deepEqual(settings, [
      { level: 'cluster', changes: [{ pointer: '/listeners/public/port', before: 28, after: 26 }] },
    ]);
  });

  it('says since when an override stands, and since when what it hides', async () => {
    await commitAs('ann', port(26));
    await commitAs('bob', port(27, 'group/main'), { op: 'create-group', group: 'edge' });
    await commitAs('ann', port(28));
    await commitAs('ann', tls('implicit'));

    const [override, ...others] = await around.config.overrides();

    assert.deepEqual(others, []);
    assert.deepEqual([override?.value, override?.inherited], [27, { level: 'cluster', value: 28 }]);
    assert.deepEqual([override?.since.number, override?.since.author, override?.inheritedSince?.number], [2, 'bob', 3]);
    const [before] = await around.config.overrides(2);
    assert.deepEqual([before?.since.number, before?.inheritedSince?.number], [2, 1]);
  });

  it('says which revisions there are not', async () => {
    await refused(around.config.revision(7), 'not-found');
  });

  it('is the same after a restart', async () => {
    await commitAs('ann', port(26));

    const restarted = configService(around.deps);

    assert.deepEqual(await restarted.configuration(1), await around.config.configuration(1));
    assert.deepEqual(await restarted.history(), await around.config.history());
  });
});

describe('rollback', () => {
  it('is a new revision that says which one it restores', async () => {
    await commitAs('ann', port(26));
    await commitAs('ann', port(27));

    const { revision, leftOut } = await around.config.rollback('bob', 1, options);

    assert.deepEqual([revision.number, revision.restores, leftOut], [3, 1, []]);
    assert.deepEqual(await around.config.configuration(3), await around.config.configuration(1));
  });

  it('leaves departed machines out and says so, and keeps those that joined since', async () => {
    await joinMachine(around, 1);
    await around.config.apply('root', [{ op: 'dismiss', machine: 'mx1' }], options);
    await joinMachine(around, 2);

    await commitAs('ann', port(26));

    const restored = await around.config.rollback('bob', 1, options);

    assert.deepEqual(restored.leftOut, ['machine/mx1']);
    assert.deepEqual(Object.keys((await around.config.configuration(restored.revision.number)).machines), ['mx2']);
  });

  it('to the present configuration is nothing to commit', async () => {
    await commitAs('ann', port(26));

    await refused(around.config.rollback('bob', 1, options), 'nothing-to-commit');
  });

  it('is checked like any commit', async () => {
    await commitAs('ann', port(666));
    await commitAs('ann', port(26));
    await joinMachine(around, 1);

    await refused(around.config.rollback('bob', 1, options), 'invalid-configuration');
  });
});

describe('what one machine gets', () => {
  it('is resolved over its levels, at the head or at a revision', async () => {
    await joinMachine(around, 1);
    await commitAs('ann', port(26), port(27, 'machine/mx1'));

    const now = await around.config.effective('mx1');
    const before = await around.config.effective('mx1', 1);

    assert.equal(now.origins.get('/listeners/public/port'), 'machine/mx1');
    assert.equal(before.origins.get('/listeners/public/port'), 'defaults');
    assert.deepEqual(now.settings['certificates'], { demonstration: binding('d') });
  });

  it('is explained with level, revision, author, time and comment', async () => {
    await joinMachine(around, 1);
    await around.config.amend('ann', [port(26)]);
    const second = await around.config.commit('ann', { comment: 'to 26', rollout: true });
    await commitAs('bob', tls('implicit'));
    await commitAs('bob', port(27, 'group/main'));

    const explanation = await around.config.explain('mx1', 'listeners/public/port', 3);

    assert.deepEqual(explanation, {
      ...{ machine: 'mx1', pointer: '/listeners/public/port', value: 26, level: 'cluster' },
      ...{ revision: 2, author: 'ann', time: second.time, comment: 'to 26' },
      shadows: [{ level: 'defaults', value: 25 }],
    });
    assert.equal((await around.config.explain('mx1', 'listeners/public/port')).revision, 4);
  });

  it('is explained since the revision that brought the value back, not since the first that had it', async () => {
    await joinMachine(around, 1);
    await commitAs('ann', port(26));
    await commitAs('ann', port(27));
    await around.config.rollback('bob', 2, options);

    const { revision, author } = await around.config.explain('mx1', 'listeners/public/port');

    assert.deepEqual([revision, author], [4, 'bob']);
  });

  it('is explained without a revision when it is a default', async () => {
    await joinMachine(around, 1);

    const explanation = await around.config.explain('mx1', 'outbound/trust');

    assert.deepEqual(explanation, {
      ...{ machine: 'mx1', pointer: '/outbound/trust', value: ['system'], level: 'defaults', shadows: [] },
    });
  });

  it('is not there for a machine that is no member', async () => {
    await refused(around.config.effective('mx9'), 'not-found');
    await refused(around.config.explain('mx9', 'outbound/trust'), 'not-found');
    await refused(around.config.manifest('mx9', 0), 'not-found');
  });

  it('is rendered as a manifest with a digest that does not depend on the name', async () => {
    await joinMachine(around, 1);
    await joinMachine(around, 2);

    const [one, other] = await Promise.all([around.config.manifest('mx1', 2), around.config.manifest('mx2', 2)]);

    assert.equal(one.machine, 'mx1');
    assert.deepEqual(one.files, [{ path: 'listeners', parts: [{ text: 'public 25\n' }, { key: digest('d') }] }]);
    assert.equal(one.digest, other.digest);
    await commitAs('ann', port(26));
    assert.notEqual((await around.config.manifest('mx1', 3)).digest, one.digest);
    assert.deepEqual(await around.config.manifest('mx1', 2), one);
  });

  it('is not rendered while nothing is known of the machine', async () => {
    await around.config.apply(
      'root',
      [
        {
          op: 'admit',
          machine: 'mx1',
          id: machineId(1),
          group: 'main',
          layer: { interfaces: { main: { address: 'all', hostname: 'a.example' } } },
        },
      ],
      options,
    );

    await refused(around.config.manifest('mx1', 1), 'not-found');
    assert.equal(await around.config.manifestDiff('mx1', 0, 1), '');
  });

  it('is compared as a unified diff of files, without secrets', async () => {
    await joinMachine(around, 1);
    await around.config.amend('ann', [
      port(26),
      set('cluster', '/certificates/mx', binding('1')),
      set('cluster', '/listeners/public/certificate', 'mx'),
    ]);
    const { configuration } = await around.config.preview('ann');

    const difference = await around.config.manifestDiff('mx1', 1, configuration);

    assert.deepEqual(difference.split('\n'), [
      '--- mx1, revision 1',
      '+++ mx1, draft',
      '@@ -1,3 +1,3 @@',
      ' [listeners]',
      '-public 25',
      `-(private key ${digest('d')})`,
      '+public 26',
      `+(private key ${digest('1')})`,
      '',
    ]);
    assert.equal(await around.config.manifestDiff('mx1', 1, 1), '');
    assert.match(await around.config.manifestDiff('mx1', 0, 1), /^\+public 25$/m);
  });

  it('says in the diff why one side cannot be rendered', async () => {
    await joinMachine(around, 1);
    await around.config.amend('ann', [set('cluster', '/listeners/public/certificate', 'nowhere')]);
    const { configuration } = await around.config.preview('ann');

    const difference = await around.config.manifestDiff('mx1', 1, configuration);

    assert.match(difference, /^\+\(not rendered: the settings of mx1 cannot be rendered: .*"nowhere"/m);
  });
});
