import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { running, type Running } from '../api/running.ts';
import { makeHierarchy, removeFolder, temporaryFolder, texts, withoutOpenssl } from '../pki/openssl.ts';

const folder = temporaryFolder();
let api: Running;
before(async () => {
  api = await running();
  await api.join('mx1');
});
after(async () => {
  await api.close();
  removeFolder(folder);
});

describe('trust lists', { skip: withoutOpenssl }, () => {
  it('are told with what they hold, and with the machines that use them', async () => {
    makeHierarchy(folder, 'ec');
    const stored = await api.ask('POST /trust-bundles', {
      body: { pem: texts(folder, 'root.pem', 'intermediate.pem') },
    });
    const { bundle } = stored.as('trust-bundle');
    const operations = [
      { op: 'set', level: 'group/main', path: '/trust/partners', value: { source: 'bundle', bundle } },
      { op: 'set', level: 'cluster', path: '/outbound/trust', value: ['system', 'partners'] },
    ];
    await api.ask('POST /drafts/me/operations', { body: { operations } });
    const committed = await api.ask('POST /drafts/me/commit', { body: { comment: 'trust', rollout: false } });
    assert.equal(committed.status, 201, committed.text);

    const { lists } = (await api.ask('GET /trust-lists')).as('trust-lists');

    const usedBy = [{ machine: 'mx1', pointer: '/outbound/trust' }];
    const [partners, system, ...others] = lists;
    assert.deepEqual(others, []);
    const clients = { machine: 'mx1', pointer: '/mailFlowPolicies/default/trust' };
    assert.deepEqual(system, { level: 'defaults', name: 'system', source: 'system', usedBy: [clients, ...usedBy] });
    const { expires = '', ...rest } = partners ?? {};
    assert.deepEqual(rest, {
      ...{ level: 'group/main', name: 'partners', source: 'bundle', bundle },
      ...{ authorities: 2, expired: 0, usedBy },
    });
    const detail = (await api.ask(`GET /trust-bundles/${bundle}`)).as('trust-bundle-detail');
    assert.deepEqual(
      detail.authorities.map(({ subject, keyKind, findings }) => [subject, keyKind, findings]),
      [
        ['O=Test, CN=root', 'ec-p256', []],
        ['O=Test, CN=intermediate', 'ec-p256', []],
      ],
    );
    assert.equal(expires, detail.authorities[1]?.notAfter, 'the one that ends first');
  });

  it('may be named one by one, and by a name alone as before there were lists', async () => {
    for (const value of ['system', [], ['system']]) {
      const operations = [{ op: 'set', level: 'cluster', path: '/outbound/trust', value }];
      assert.equal((await api.ask('POST /drafts/me/operations', { body: { operations } })).status, 200);
      const { status, text } = await api.ask('POST /drafts/me/commit', { body: { comment: 'trust', rollout: false } });

      assert.equal(status, 201, text);
    }
  });

  it('that are not there are not shown', async () => {
    assert.equal((await api.ask(`GET /trust-bundles/${'0'.repeat(64)}`)).problem, 'not-found');
  });
});
