import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { keys } from '../../services/store/keys.ts';
import { running, type Running } from './running.ts';

const id = 'expiry-00000000000000aa';
const record = {
  alert: {
    ...{ id, kind: 'expiry', due: '2099-01-01T00:00:00.000Z', rung: 7, since: '2026-01-01T00:00:00.000Z' },
    ...{ summary: 'the certificate mx at cluster', remedy: 'renew it', breaks: [] },
  },
  told: { 'ops@example.org': 7 },
  failed: { 'https://hooks.example.org (0f0f0f0f)': 'it answered 503' },
};
const over = {
  ...record,
  alert: { ...record.alert, id: 'expiry-00000000000000bb' },
  cleared: '2026-01-02T00:00:00.000Z',
};

let api: Running;
before(async () => {
  api = await running();
  const writes = [record, over].map((one) => ({ put: keys.alert(one.alert.id), value: JSON.stringify(one) }));
  await api.store.transact({ compare: [], writes });
});
after(() => api.close());

describe('alerts', () => {
  it('are listed for viewers, with who was told and who could not be, but for those that are over', async () => {
    const { status, body } = await api.ask('GET /alerts', { token: api.tokens.viewer });

    assert.equal(status, 200);
    assert.deepEqual(body, {
      alerts: [
        {
          ...{ alert: record.alert, state: 'open', told: ['ops@example.org'] },
          undelivered: [{ recipient: 'https://hooks.example.org (0f0f0f0f)', detail: 'it answered 503' }],
        },
      ],
    });
  });

  it('are acknowledged and silenced by operators, in their name', async () => {
    const token = api.tokens.operator;
    const until = '2098-01-01T00:00:00.000Z';

    const acknowledged = (await api.ask(`POST /alerts/${id}/acknowledgement`, { token, body: {} })).as('alert-view');
    const silenced = (await api.ask(`POST /alerts/${id}/silence`, { token, body: { until } })).as('alert-view');
    const ended = (await api.ask(`POST /alerts/${id}/silence`, { token, body: { until: record.alert.since } })).as(
      'alert-view',
    );

    assert.deepEqual([acknowledged.state, acknowledged.acknowledged?.by], ['acknowledged', 'otto']);
    assert.deepEqual([silenced.state, silenced.silenced], ['silenced', { by: 'otto', until }]);
    assert.equal(ended.state, 'acknowledged');
  });

  it('are not marked by viewers, under another id, or when they are over', async () => {
    const problem = async (path: string, token = api.tokens.operator) =>
      (await api.ask(`POST ${path}`, { token, body: {} })).problem;

    assert.equal(await problem(`/alerts/${id}/acknowledgement`, api.tokens.viewer), 'forbidden');
    assert.equal(await problem('/alerts/test', api.tokens.viewer), 'forbidden');
    assert.equal(await problem('/alerts/expiry-00000000000000cc/acknowledgement'), 'not-found');
    assert.equal(await problem(`/alerts/${over.alert.id}/acknowledgement`), 'not-found');
    assert.equal(await problem('/alerts/nonsense/acknowledgement'), 'invalid-input');
    assert.equal(await problem(`/alerts/${id}/silence`), 'invalid-input');
  });

  it('cannot be tested while nobody is told of them', async () => {
    const { problem, text } = await api.ask('POST /alerts/test', { body: {} });

    assert.equal(problem, 'invalid-input');
    assert.match(text, /set alerts\/mail or alerts\/webhooks/);
  });
});
