import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { running, uncached, type Running } from './running.ts';
import { hostKey } from './stand-ins.ts';

let api: Running;
before(async () => {
  api = await running();
});
after(() => api.close());

const request = { name: 'mx1', host: '198.18.0.11', bootstrap: { user: 'root', password: 'hunter2' } };

describe('machines', () => {
  it('join as planned, and are pushed to', async () => {
    const plan = (await api.ask('POST /join-plans', { body: request })).as('join-plan');
    assert.deepEqual([plan.hostKey, plan.findings], [hostKey, []]);
    assert.deepEqual(
      (await api.ask(`GET /join-plans/${plan.id}`, { token: api.tokens.operator })).as('join-plan'),
      plan,
    );

    const answer = await api.ask('POST /machines', { body: { accept: plan.id, bootstrap: request.bootstrap } });

    const { machine, revision, rollout } = answer.as('joined');
    assert.deepEqual([machine.name, machine.group, machine.state, revision.number], ['mx1', 'main', 'member', 1]);
    assert.deepEqual(machine.facts, {
      os: 'Debian GNU/Linux 12 (bookworm)',
      hostname: 'mx1.example.test',
      bootHook: 'systemd',
      postfix: { version: '3.7.11', running: true },
    });
    assert.equal(rollout, 1);
    assert.deepEqual(api.push.started, [{ by: 'anna', machines: undefined }]);
  });

  it('do not join with another host key than the one they show', async () => {
    const body = { ...request, name: 'mx2', hostKey: `SHA256:${'B'.repeat(43)}` };

    const refused = await api.ask('POST /machines', { body });

    assert.equal(refused.status, 409);
    assert.equal(refused.problem, 'host-key-mismatch');
  });

  it('do not join without a plan that is accepted or a host key', async () => {
    const refused = await api.ask('POST /machines', { body: request });

    assert.deepEqual([refused.status, refused.problem], [400, 'invalid-input']);
    assert.match(refused.text, /lacks \\"hostKey\\"/);
  });

  it('are listed with where they belong, and shown one by one', async () => {
    const { machines } = (await api.ask('GET /machines')).as('machine-list');

    assert.deepEqual(
      machines.map(({ name, group, host, port }) => [name, group, host, port]),
      [['mx1', 'main', '198.18.0.11', 22]],
    );
    const answer = await api.ask('GET /machines/mx1');
    assert.deepEqual(answer.as('machine-view'), machines[0]);
    const headers = { 'if-none-match': answer.headers.get('etag') ?? '', ...uncached };
    assert.equal((await api.ask('GET /machines/mx1', { headers })).status, 304);
    assert.equal((await api.ask('GET /machines/mx9')).problem, 'not-found');
  });

  it('belong to groups', async () => {
    const { groups } = (await api.ask('GET /groups')).as('group-list');

    assert.deepEqual(
      groups.map(({ name, machines }) => [name, machines]),
      [['main', ['mx1']]],
    );
  });

  it('have effective settings with the level of each', async () => {
    const { settings, origins, revision } = (await api.ask('GET /machines/mx1/effective')).as('effective-view');

    assert.equal(revision, 1);
    assert.equal(origins['/listeners/public/port'], 'defaults');
    assert.equal(origins['/interfaces/main/address'], 'machine/mx1');
    assert.ok('listeners' in settings);
    assert.equal((await api.ask('GET /machines/mx1/effective?revision=0')).problem, 'not-found');
  });

  it('explain a setting, with and without the leading slash', async () => {
    const body = { operations: [{ op: 'set', level: 'cluster', path: '/listeners/public/port', value: 2525 }] };
    await api.ask('POST /drafts/me/operations', { body });
    await api.ask('POST /drafts/me/commit', { body: { comment: 'another port', rollout: false } });

    const explained = (await api.ask('GET /machines/mx1/explain?path=listeners/public/port')).as('explanation');

    const { value, level, revision, author, comment, shadows } = explained;
    assert.deepEqual([value, level, revision, author, comment], [2525, 'cluster', 2, 'anna', 'another port']);
    assert.deepEqual(shadows, [{ level: 'defaults', value: 25 }]);
    assert.deepEqual((await api.ask('GET /machines/mx1/explain?path=/listeners/public/port')).body, explained);
    const before = (await api.ask('GET /machines/mx1/explain?path=/listeners/public/port&revision=1')).as(
      'explanation',
    );
    assert.deepEqual([before.value, before.level, before.revision], [25, 'defaults', undefined]);
  });

  it('explain what a client of a listener gets, and from where', async () => {
    const set = (level: string, path: string, value: unknown) => ({ op: 'set', level, path, value });
    const operations = [
      set('cluster', '/mailFlowPolicies/strict', { tls: 'required' }),
      set('machine/mx1', '/mailFlowPolicies/strict/clientCertificate', 'ask'),
      set('cluster', '/senderGroups/public/partners', {
        order: 10,
        senders: ['.Partner.example', '192.0.2.77/24'],
        policy: 'strict',
      }),
    ];
    await api.ask('POST /drafts/me/operations', { body: { operations } });
    const committed = await api.ask('POST /drafts/me/commit', { body: { comment: 'partners', rollout: false } });
    assert.equal(committed.status, 201, committed.text);
    const ask = async (query: string) =>
      (await api.ask(`GET /machines/mx1/explain-sender?listener=public&${query}`)).as('sender-explanation');

    const partner = await ask('address=192.0.2.7');

    assert.deepEqual(partner.match, { group: 'partners', sender: '192.0.2.0/24', level: 'cluster' });
    assert.deepEqual(partner.policy, {
      name: 'strict',
      pointer: '/senderGroups/public/partners/policy',
      level: 'cluster',
    });
    assert.deepEqual(
      partner.settings.map(({ pointer, value, level }) => [pointer.split('/').at(-1), value, level]),
      [
        ['tls', 'required', 'cluster'],
        ['clientCertificate', 'ask', 'machine/mx1'],
        ['trust', ['system'], 'defaults'],
      ],
    );
    assert.deepEqual(partner.outcome, {
      tls: 'offered',
      clear: 'refused',
      overTls: { none: 'taken', valid: 'taken', invalid: 'refused' },
    });
    assert.equal(partner.nameMayMatter, true);
    const named = await ask('address=2001:DB8:0::1&name=MX.partner.example.');
    assert.deepEqual([named.address, named.name], ['2001:db8::1', 'mx.partner.example']);
    assert.deepEqual([named.match?.sender, named.nameMayMatter], ['.partner.example', false]);
    const other = await ask('address=198.51.100.7&name=mx.example');
    assert.deepEqual([other.match, other.policy.name, other.policy.level], [undefined, 'default', 'defaults']);
    const unlike = await api.ask('GET /machines/mx1/explain-sender?listener=public&address=192.0.2.0/24');
    assert.equal(unlike.problem, 'invalid-input');
    const nowhere = await api.ask('GET /machines/mx1/explain-sender?listener=other&address=192.0.2.7');
    assert.equal(nowhere.problem, 'not-found');
  });

  it('have a manifest that refers to the private key and does not hold it', async () => {
    const answer = await api.ask('GET /machines/mx1/manifest');

    const { machine, digest, files } = answer.as('manifest');
    assert.equal(machine, 'mx1');
    assert.match(digest, /^[0-9a-f]{64}$/);
    assert.ok(files.some(({ parts }) => parts.some((part) => 'key' in part)));
    assert.doesNotMatch(answer.text, /PRIVATE KEY/);
  });

  it('have a status, as last seen and seen anew', async () => {
    assert.equal((await api.ask('GET /machines/mx1/status')).as('status').machine, 'mx1');
    assert.equal((await api.ask('POST /machines/mx1/probe')).as('status').machine, 'mx1');
  });

  it('are disconnected, with the reason in the audit trail', async () => {
    const body = { reason: 'its owner works on it' };

    const { machine, notes } = (await api.ask('POST /machines/mx1/disconnect', { body })).as('disconnected');

    assert.deepEqual([machine.name, machine.state, notes.length], ['mx1', 'member', 1]);
    const [entry] = (await api.ask('GET /audit')).as('audit-list').entries;
    assert.deepEqual(
      [entry?.actor, entry?.action, entry?.object, entry?.outcome, entry?.detail],
      ['anna', 'disconnect-machine', '/machines/mx1/disconnect', 'ok', body.reason],
    );
  });

  it('are connected again, with a decision on each difference', async () => {
    const { id } = (await api.ask('POST /machines/mx1/reconnect-plan')).as('reconnect-plan');
    const body = { accept: id, keep: ['/protocols/inbound/minimum'], rest: 'take' };

    const { machine, rollout } = (await api.ask('POST /machines/mx1/reconnect', { body })).as('reconnected');

    assert.deepEqual([machine.name, rollout], ['mx1', 1]);
  });

  it('leave as planned', async () => {
    const plan = (await api.ask('GET /machines/mx1/leave-plan')).as('leave-plan');

    const { revision, plan: done, notes } = (await api.ask('POST /machines/mx1/leave')).as('left');

    assert.deepEqual(done, plan);
    assert.deepEqual([revision.number, notes.length], [4, 1]);
  });

  it('that left are not listed, but still shown with the address they had, so that they can come back', async () => {
    const { machines } = (await api.ask('GET /machines')).as('machine-list');
    const { state, host } = (await api.ask('GET /machines/mx1')).as('machine-view');

    assert.deepEqual(machines, []);
    assert.deepEqual([state, host], ['left', '198.18.0.11']);
  });
});
