import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { running, type Running } from './running.ts';

const passphrase = 'quiet-river-under-stone';

let api: Running;
let other: Running;
before(async () => {
  [api, other] = [await running(), await running()];
});
after(async () => {
  await api.close();
  await other.close();
});

describe('configuration files', () => {
  it('bring a configuration into the draft of another controller', async () => {
    const create = { subject: { commonName: 'mail.example.test' } };
    const made = await api.ask('POST /certificates/cluster/mx', { body: { create } });
    await api.ask('POST /drafts/me/commit', { body: { comment: 'first' } });
    const group = { op: 'create-group', group: 'other', description: '' };
    await other.ask('POST /drafts/me/operations', { body: { operations: [group] } });
    await other.ask('POST /drafts/me/commit', { body: { comment: 'not empty' } });

    const saved = await api.ask('POST /configuration-files', { body: { passphrase } });
    const body = { file: saved.text, passphrase };
    const planned = await other.ask('POST /configuration-files/plan', { body });
    const refused = await other.ask('POST /configuration-files/load', { body });
    const loaded = await other.ask('POST /configuration-files/load', { body: { ...body, foreign: true } });

    assert.equal(saved.status, 200);
    assert.equal(saved.headers.get('content-disposition'), 'attachment; filename="revision-1.signet"');
    assert.equal(saved.headers.get('cache-control'), 'no-store');
    assert.deepEqual(
      saved.as('configuration-file').configuration.layers,
      (await api.ask('GET /revisions/1')).as('revision-view').configuration.layers,
    );
    const { obstacles, change } = planned.as('load-plan');
    // The certificate comes, and the group that the file does not have goes.
    assert.deepEqual([obstacles.length, change.operations.length, change.findings], [1, 2, []]);
    assert.equal(refused.problem, 'precondition-failed');
    assert.equal(loaded.as('load-result').certificates, 1);
    const { settings } = (await other.ask('GET /drafts/me/diff')).as('draft-diff');
    const { key, chain } = made.as('certificate-added').certificate;
    assert.deepEqual(settings, [{ level: 'cluster', pointer: '/certificates/mx', after: { key, chain } }]);
  });

  it('are not opened with another passphrase', async () => {
    const { text: file } = await api.ask('POST /configuration-files', { body: { passphrase } });

    const refused = await other.ask('POST /configuration-files/load', { body: { file, passphrase: 'another' } });

    assert.equal(refused.status, 422);
    assert.equal(refused.problem, 'wrong-passphrase');
  });

  it('are saved with a passphrase or without secrets, as was said', async () => {
    const withoutSecrets = true;

    const saved = await api.ask('POST /configuration-files', { body: { withoutSecrets } });
    const [neither, both] = [{}, { passphrase, withoutSecrets }];

    assert.equal(typeof saved.as('configuration-file').secrets, 'object');
    for (const body of [neither, both])
      assert.equal((await api.ask('POST /configuration-files', { body })).problem, 'invalid-input');
  });

  it('are verified by restoring them aside, machine by machine', async () => {
    const third = await running();
    await third.join('mx1');
    const { text: file } = await third.ask('POST /configuration-files', { body: { passphrase } });

    const answer = await third.ask('POST /configuration-files/verify', { body: { file, passphrase } });
    const refused = await third.ask('POST /configuration-files/verify', { body: { file } });

    const { machines } = answer.as('file-verification');
    assert.deepEqual(
      machines.map(({ machine, verdict }) => [machine, verdict]),
      [['mx1', 'no-record']],
    );
    assert.equal(refused.problem, 'invalid-input');
    await third.close();
  });

  it('are for administrators, and leave an audit entry that names the revision', async () => {
    await api.ask('POST /configuration-files', { body: { passphrase }, token: api.tokens.operator });
    await api.ask('POST /configuration-files', { body: { passphrase, revision: 0 } });

    const [saved, refused] = (await api.ask('GET /audit?limit=2')).as('audit-list').entries;

    assert.deepEqual([saved?.action, saved?.object, saved?.outcome], ['save-configuration', '/revisions/0', 'ok']);
    assert.deepEqual([refused?.actor, refused?.outcome], ['otto', 'forbidden']);
  });
});
