import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { failuresPerMinute } from '../../services/api/auth.ts';
import type { Role } from '../../services/api/caller.ts';
import type { Route } from '../../services/api/route.ts';
import { routes } from '../../services/api/routes.ts';
import { running, type Running } from './running.ts';

const roles: readonly Role[] = ['viewer', 'operator', 'admin'];

/** Values that fit the patterns; nothing of these names exists but an authority, whose list anyone may fetch. */
const parameters: Readonly<Record<string, string>> = {
  machine: 'nowhere',
  group: 'nobody',
  certificate: 'none',
  key: '0'.repeat(64),
  authority: 'open',
  serial: '0'.repeat(32),
  alert: 'expiry-0000000000000000',
  archive: '00000000-0000-4000-8000-000000000000',
  author: 'me',
  bundle: '0'.repeat(64),
  revision: '999',
  other: '998',
  plan: '000000000000',
  rollout: '999',
  token: 'none',
};

function requestOf({ method, path, atRoot, query }: Route): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => parameters[name] ?? assert.fail(name));
  return `${method.toUpperCase()} ${atRoot ? '' : '/api/v1'}${filled}${queries[query ?? ''] ?? ''}`;
}

/** Those that a route cannot do without. */
const queries: Readonly<Record<string, string>> = {
  'explain-query': '?path=outbound/trust',
  'sender-query': '?listener=public&address=192.0.2.7',
};

describe('every route', () => {
  let api: Running;
  before(async () => {
    api = await running();
    await api.deps.authorities.create('anna', { name: 'open', subject: { commonName: 'Open CA' } });
  });
  after(() => api.close());

  for (const route of routes) {
    const request = requestOf(route);
    if (route.role === 'anyone') {
      it(`${request} needs no token`, async () => {
        assert.equal((await api.ask(request, { token: '' })).status, 200);
      });
      continue;
    }
    const { role: needed } = route;

    it(`${request} is refused without a token`, async () => {
      const { status, headers, problem } = await api.ask(request, { token: '' });

      // The limit on failed attempts sets in while this matrix runs; either way nothing is answered.
      assert.ok(status === 401 || status === 429);
      if (status === 401) {
        assert.equal(problem, 'unauthenticated');
        assert.match(headers.get('www-authenticate') ?? '', /^Bearer/);
      }
    });

    for (const role of roles) {
      const isAllowed = roles.indexOf(role) >= roles.indexOf(needed);
      it(`${request} is ${isAllowed ? 'open to' : 'refused to'} the role ${role}`, async () => {
        // Streams are only opened to see that they open.
        const signal = route.response === 'events' ? AbortSignal.timeout(300) : null;
        const response = await fetch(api.url + (request.split(' ')[1] ?? ''), {
          method: route.method.toUpperCase(),
          headers: { authorization: `Bearer ${api.tokens[role]}` },
          signal,
        });
        await response.body?.cancel();

        assert.equal(response.status === 403, !isAllowed, `answered ${response.status}`);
        assert.notEqual(response.status, 401);
        assert.ok(response.status < 500, `answered ${response.status}`);
      });
    }
  }
});

describe('authentication', () => {
  let api: Running;
  before(async () => {
    api = await running();
  });
  after(() => api.close());

  it('says what is wrong with the header, and never repeats it', async () => {
    const cases = [
      [{}, /needs a token/],
      [{ authorization: 'Basic dXNlcjpzZWNyZXQ=' }, /not of the form/],
      [{ authorization: 'Bearer' }, /not of the form/],
      [{ authorization: `Bearer ${api.tokens.admin}x` }, /not valid/],
      [{ authorization: 'Bearer signet_admin_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' }, /not valid/],
    ] as const;
    for (const [headers, expected] of cases) {
      const { status, text } = await api.ask('GET /groups', { token: '', headers });

      assert.equal(status, 401);
      assert.match(text, expected);
      assert.doesNotMatch(text, /dXNlcjpzZWNyZXQ|aaaa|signet_/);
    }
  });

  it('takes the scheme in any case (RFC 9110 11.1)', async () => {
    const headers = { authorization: `bearer ${api.tokens.viewer}` };

    assert.equal((await api.ask('GET /groups', { token: '', headers })).status, 200);
  });

  it('makes an address wait that failed too often, but lets a valid token through', async () => {
    for (let n = 0; n <= failuresPerMinute; n += 1) await api.ask('GET /groups', { token: 'wrong' });

    const refused = await api.ask('GET /groups', { token: 'wrong' });

    assert.equal(refused.status, 429);
    assert.equal(refused.problem, 'too-many-attempts');
    assert.equal(refused.headers.get('retry-after'), '60');
    assert.equal((await api.ask('GET /groups')).status, 200);
  });

  it('takes no word for the address but that of the connection', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.7', forwarded: 'for=203.0.113.7' };

    assert.equal((await api.ask('GET /groups', { token: 'wrong', headers })).status, 429);
  });
});

describe('one drafter and another', () => {
  let api: Running;
  before(async () => {
    api = await running();
  });
  after(() => api.close());

  it('read their own drafts; only an administrator reads those of others', async () => {
    assert.equal((await api.ask('GET /drafts/otto', { token: api.tokens.operator })).status, 200);
    assert.equal((await api.ask('GET /drafts/anna', { token: api.tokens.operator })).problem, 'forbidden');
    assert.equal((await api.ask('GET /drafts/anna/diff', { token: api.tokens.viewer })).problem, 'forbidden');
    assert.equal((await api.ask('GET /drafts/otto')).status, 200);
  });

  it('change their own drafts only, whatever their role', async () => {
    const operations = [{ op: 'create-group', group: 'edge' }];

    assert.equal((await api.ask('POST /drafts/otto/operations', { body: { operations } })).problem, 'forbidden');
    assert.equal((await api.ask('POST /drafts/otto/commit', { body: { comment: 'x' } })).problem, 'forbidden');
    assert.equal((await api.ask('DELETE /drafts/otto')).problem, 'forbidden');
  });
});
