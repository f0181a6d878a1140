import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';

import { running, uncached, type Running } from './running.ts';

let api: Running;
beforeEach(async () => {
  api = await running();
});
afterEach(() => api.close());

const port = (value: number, level = 'cluster') => ({ op: 'set', level, path: '/listeners/public/port', value });

async function amend(operations: readonly unknown[], headers: Readonly<Record<string, string>> = {}) {
  return api.ask('POST /drafts/me/operations', { body: { operations }, headers });
}

async function commit(comment: string, options: Readonly<Record<string, unknown>> = {}, headers = {}) {
  return api.ask('POST /drafts/me/commit', { body: { comment, ...options }, headers });
}

describe('a draft', () => {
  it('is empty on the head at first, takes operations, and is gone when discarded', async () => {
    const empty = (await api.ask('GET /drafts/me')).as('draft-view');
    assert.deepEqual([empty.head, empty.draft.author, empty.draft.operations], [0, 'anna', []]);

    const answer = await amend([port(2525)]);

    assert.deepEqual(answer.as('draft-view').draft.operations, [port(2525)]);
    assert.equal((await api.ask('DELETE /drafts/me')).status, 204);
    assert.deepEqual((await api.ask('GET /drafts/me')).as('draft-view').draft.operations, []);
  });

  it('refuses an operation that does not fit, with the place, and takes none of them', async () => {
    const answer = await amend([port(2525), port(99_999)]);

    assert.equal(answer.problem, 'invalid-input');
    assert.match(answer.as('problem').errors?.[0]?.pointer ?? '', /port$/);
    assert.deepEqual((await api.ask('GET /drafts/me')).as('draft-view').draft.operations, []);
  });

  it('cannot admit or dismiss a machine, since more than configuration goes with it', async () => {
    const answer = await amend([port(2525), { op: 'dismiss', machine: 'mx1' }]);

    assert.equal(answer.problem, 'invalid-input');
    assert.equal(answer.as('problem').errors?.[0]?.pointer, '/operations/1/op');
    assert.deepEqual((await api.ask('GET /drafts/me')).as('draft-view').draft.operations, []);
  });

  it('takes the machines that came with it when it is discarded', async () => {
    const id = '00000000-0000-4000-8000-000000000009';
    await api.deps.config.amend('anna', [{ op: 'admit', machine: 'mx9', id, group: 'main', layer: {} }]);
    await api.deps.machines.put({
      ...{ id, name: 'mx9', host: '198.18.0.9', port: 22, user: 'root', hostKey: 'ssh-ed25519 AAAA', state: 'waiting' },
    });
    const names = async () => (await api.ask('GET /machines')).as('machine-list').machines.map(({ name }) => name);
    assert.ok((await names()).includes('mx9'));

    assert.equal((await api.ask('DELETE /drafts/me')).status, 204);

    assert.ok(!(await names()).includes('mx9'));
  });

  it('is only changed and discarded by those who saw what it is', async () => {
    const etag = (await api.ask('GET /drafts/me')).headers.get('etag') ?? '';
    const first = await amend([port(2525)], { 'if-match': etag });
    assert.equal(first.status, 200);

    const again = (await api.ask('GET /drafts/me')).headers.get('etag');
    const second = await amend([port(2526)], { 'if-match': etag });

    assert.equal(second.status, 412);
    assert.equal(second.problem, 'precondition-failed');
    assert.equal((await api.ask('DELETE /drafts/me', { headers: { 'if-match': etag } })).status, 412);
    const current = first.headers.get('etag') ?? '';
    assert.notEqual(current, etag);
    assert.equal(again, current);
    assert.equal((await api.ask('DELETE /drafts/me', { headers: { 'if-match': `"x", ${current}` } })).status, 204);
  });

  it('is not sent again to a client that has it', async () => {
    const etag = (await api.ask('GET /drafts/me')).headers.get('etag') ?? '';

    const again = await api.ask('GET /drafts/me', { headers: { 'if-none-match': etag, ...uncached } });

    assert.equal(again.status, 304);
    assert.equal(again.text, '');
  });
});

describe('a commit', () => {
  it('makes a revision in the name of the token, and starts its rollout', async () => {
    await amend([port(2525)]);

    const answer = await commit('first');

    const { revision, rollout } = answer.as('committed');
    assert.deepEqual([revision.number, revision.author, revision.comment, rollout], [1, 'anna', 'first', 1]);
    assert.equal(answer.headers.get('etag'), '"r1"');
    assert.deepEqual(api.push.started, [{ by: 'anna', machines: undefined }]);
  });

  it('does not roll out when told not to', async () => {
    await amend([port(2525)]);

    const { revision, rollout } = (await commit('first', { rollout: false })).as('committed');

    assert.deepEqual([revision.rollout, rollout], [false, undefined]);
    assert.deepEqual(api.push.started, []);
  });

  it('stands when its rollout cannot be started; the answer just does not name one', async () => {
    await api.close();
    api = await running({
      deps: ({ push }) => ({ push: { ...push, ensure: () => Promise.reject(new Error('lost')) } }),
    });
    await amend([port(2525)]);

    const { revision, rollout } = (await commit('first')).as('committed');

    assert.deepEqual([revision.number, rollout], [1, undefined]);
    assert.ok(api.log.some((line) => line.includes('rollout not started')));
  });

  it('names the rollout that the controller started before the answer was given', async () => {
    await api.close();
    api = await running({
      deps: ({ push }) => ({
        push: { ...push, ensure: (revision) => push.start('signetd', { revision }).then(() => undefined) },
      }),
    });
    await amend([port(2525)]);

    assert.equal((await commit('first')).as('committed').rollout, 1);
    assert.deepEqual(
      api.push.started.map(({ by }) => by),
      ['signetd'],
    );
  });

  it('is refused when the head is another than the one the author saw', async () => {
    await amend([port(2525)]);
    await commit('first');
    await amend([port(2526)]);

    const refused = await commit('second', {}, { 'if-match': '"r0"' });
    const malformed = await commit('second', {}, { 'if-match': 'r1' });
    const accepted = await commit('second', {}, { 'if-match': '"r1"' });

    assert.equal(refused.problem, 'precondition-failed');
    assert.equal(malformed.problem, 'invalid-input');
    assert.equal(accepted.status, 201);
  });

  it('is refused when there is nothing in the draft', async () => {
    assert.equal((await commit('nothing')).problem, 'nothing-to-commit');
  });

  it('is refused when another author changed the same since, until the draft is brought onto the head', async () => {
    await amend([port(2525)]);
    const other = { token: api.tokens.operator };
    await api.ask('POST /drafts/me/operations', { ...other, body: { operations: [port(2600)] } });
    await api.ask('POST /drafts/me/commit', { ...other, body: { comment: 'faster' } });

    const refused = await commit('slower');
    assert.equal(refused.problem, 'draft-conflict');
    assert.ok((refused.as('problem').errors ?? []).length > 0);
    const diff = (await api.ask('GET /drafts/me/diff')).as('draft-diff');
    assert.deepEqual([diff.base, diff.head, diff.conflicts.length], [0, 1, 1]);

    await api.ask('POST /drafts/me/rebase', { body: { keep: 'mine' } });
    assert.equal((await commit('slower')).as('committed').revision.number, 2);
  });

  it('is refused with machine, setting and level when a reference does not resolve', async () => {
    await api.join('mx1');
    await amend([{ op: 'set', level: 'cluster', path: '/listeners/public/certificate', value: 'nowhere' }]);

    const refused = await commit('broken');

    assert.equal(refused.status, 422);
    assert.equal(refused.problem, 'invalid-configuration');
    const [finding] = refused.as('problem').errors ?? [];
    assert.deepEqual(
      [finding?.machine, finding?.level, finding?.pointer],
      ['mx1', 'cluster', '/listeners/public/certificate'],
    );
  });
});

describe('the difference a draft makes', () => {
  it('shows settings, structure and the files of each machine', async () => {
    await api.join('mx1');
    await api.join('mx22');
    await amend([
      { op: 'create-group', group: 'edge' },
      { op: 'move', machine: 'mx1', group: 'edge' },
      port(2525, 'group/edge'),
    ]);

    const diff = (await api.ask('GET /drafts/me/diff')).as('draft-diff');

    assert.deepEqual(diff.settings, [{ level: 'group/edge', pointer: '/listeners/public/port', after: 2525 }]);
    assert.deepEqual(diff.structure, ['group edge is created', 'machine mx1 moves from group main to group edge']);
    assert.deepEqual(
      diff.machines.map(({ machine }) => machine),
      ['mx1'],
    );
    assert.match(diff.machines[0]?.diff ?? '', /^\+.*2525/m);
    assert.deepEqual((await api.ask('GET /drafts/me/diff?machine=mx22')).as('draft-diff').machines, []);
  });
});

describe('the history', () => {
  beforeEach(async () => {
    await api.join('mx1');
    for (const value of [2525, 2526]) {
      await amend([port(value)]);
      await commit(`port ${value}`, { rollout: false });
    }
  });

  it('is listed newest first, page by page', async () => {
    const { revisions } = (await api.ask('GET /revisions')).as('revision-list');

    assert.deepEqual(
      revisions.map(({ number }) => number),
      [3, 2, 1, 0],
    );
    const page = (await api.ask('GET /revisions?before=3&limit=1')).as('revision-list');
    assert.deepEqual(
      page.revisions.map(({ number }) => number),
      [2],
    );
  });

  it('gives a revision whole, to be kept for ever', async () => {
    const answer = await api.ask('GET /revisions/2');

    const { revision, configuration } = answer.as('revision-view');
    assert.equal(revision.comment, 'port 2525');
    assert.deepEqual(configuration.layers['cluster'], { listeners: { public: { port: 2525 } } });
    assert.equal(answer.headers.get('etag'), '"r2"');
    assert.match(answer.headers.get('cache-control') ?? '', /private.*immutable/);
    assert.equal((await api.ask('GET /revisions/99')).problem, 'not-found');
  });

  it('compares any two revisions, in settings and in files', async () => {
    const diff = (await api.ask('GET /revisions/1/diff/3')).as('revision-diff');

    assert.deepEqual(diff.settings, [{ level: 'cluster', pointer: '/listeners/public/port', after: 2526 }]);
    assert.deepEqual([diff.from, diff.to, diff.machines.length], [1, 3, 1]);
    assert.deepEqual((await api.ask('GET /revisions/0/diff/1')).as('revision-diff').structure, [
      'machine mx1 joins group main',
    ]);
  });

  it('goes back by a new revision, which is rolled out', async () => {
    const answer = await api.ask('POST /revisions/2/rollback', { body: { comment: 'back' } });

    const { revision, leftOut, rollout } = answer.as('rolled-back');
    assert.deepEqual([revision.number, revision.restores, leftOut, rollout], [4, 2, [], 2]);
    const { layer, revision: number } = (await api.ask('GET /layers/cluster')).as('layer-view');
    assert.deepEqual([number, layer], [4, { listeners: { public: { port: 2525 } } }]);
  });

  it('gives the layer of any level at any revision', async () => {
    const answer = await api.ask('GET /layers/cluster?revision=3');

    assert.deepEqual(answer.as('layer-view').layer, { listeners: { public: { port: 2526 } } });
    assert.equal(answer.headers.get('etag'), '"r3"');
    assert.deepEqual((await api.ask('GET /layers/group/main')).as('layer-view').layer, {});
    assert.notDeepEqual((await api.ask('GET /layers/machine/mx1')).as('layer-view').layer, {});
    assert.equal((await api.ask('GET /layers/group/none')).problem, 'not-found');
    assert.equal((await api.ask('GET /layers/machine/mx9')).problem, 'not-found');
  });
});

describe('a plan', () => {
  it('says what changes would do to each machine, with the operations they stand for, and adds nothing', async () => {
    const operations = [
      { op: 'create-group', group: 'edge' },
      port(26, 'group/edge'),
      { op: 'rename-group', group: 'edge', to: 'border' },
      { op: 'copy-settings', path: '/listeners', from: 'group/border', to: 'cluster', replace: true },
    ];

    const plan = (await api.ask('POST /drafts/me/plan', { body: { operations } })).as('draft-plan');

    assert.deepEqual(plan.structure, ['group border is created']);
    assert.deepEqual(
      plan.operations.map(({ op }) => op),
      ['create-group', 'set', 'rename-group', 'set'],
    );
    assert.deepEqual((await api.ask('GET /drafts/me')).as('draft-view').draft.operations, []);
  });

  it('is refused like the changes themselves', async () => {
    const operations = [{ op: 'copy-settings', path: '', from: 'cluster', to: 'group/main' }];

    const answer = await api.ask('POST /drafts/me/plan', { body: { operations } });

    assert.equal(answer.problem, 'not-found');
    assert.match(answer.as('problem').detail ?? '', /cluster says nothing at \//);
  });
});
