import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';

import type { Problem } from '../../services/schema/types.generated.ts';
import { running, type Running } from './running.ts';

let api: Running;
before(async () => {
  api = await running();
});
after(() => api.close());

/** `pointer: detail` of every finding. */
function findingsOf({ errors = [] }: Problem): readonly string[] {
  return errors.map(({ pointer = '', detail }) => `${pointer}: ${detail}`);
}

describe('bodies', () => {
  const cases = [
    ['POST /drafts/me/operations', {}, ': the document lacks "operations"'],
    ['POST /drafts/me/operations', { operations: [] }, '/operations: /operations must NOT have fewer than 1 items'],
    ['POST /drafts/me/commit', { comment: '' }, '/comment: /comment must NOT have fewer than 1 characters'],
    ['POST /drafts/me/commit', { comment: 'x', rollout: 'no' }, '/rollout: /rollout must be boolean'],
    ['POST /drafts/me/rebase', { keep: 'both' }, '/keep: /keep must be one of mine, theirs'],
    ['POST /rollouts', { machines: ['mx1', 'Mx_2'] }, '/machines/1: /machines/1 must match pattern'],
    ['POST /rollouts', { speed: 9 }, ': the document has no setting "speed"'],
    ['POST /tokens', { name: 'otto', role: 'root' }, '/role: /role must be one of viewer, operator, admin'],
    ['POST /join-plans', { name: 'mx1', host: 'h', bootstrap: {} }, '/bootstrap: /bootstrap lacks "user"'],
    ['POST /certificates/cluster/mx', {}, ': the document must NOT have fewer than 1 properties'],
    [
      'POST /certificates/cluster/mx',
      { pkcs12: 'AAAA' },
      'must have property password when property pkcs12 is present',
    ],
    [
      'POST /certificates/cluster/mx',
      { pem: 'x', create: { subject: { commonName: 'a' } } },
      '/pem: /pem does not belong here',
    ],
    [
      'POST /certificates/cluster/mx',
      { create: { subject: {} } },
      '/create/subject: /create/subject lacks "commonName"',
    ],
    ['POST /drafts/me/commit', [], ': the document must be object'],
    ['POST /drafts/me/commit', '7', ': the document must be object'],
  ] as const;
  for (const [request, body, expected] of cases) {
    it(`${request} with ${JSON.stringify(body)} names the place`, async () => {
      const answer = await api.ask(request, { body });

      assert.equal(answer.status, 400);
      assert.equal(answer.problem, 'invalid-input');
      const found = findingsOf(answer.as('problem'));
      assert.ok(
        found.some((one) => one.includes(expected)),
        found.join('\n'),
      );
    });
  }

  it('name every fault at once', async () => {
    const answer = await api.ask('POST /tokens', { body: { name: 'Otto', role: 'root', days: 0 } });

    assert.deepEqual(
      answer
        .as('problem')
        .errors?.map(({ pointer }) => pointer)
        .sort(),
      ['/days', '/name', '/role'],
    );
  });

  it('that are not JSON are refused with the place and without a quotation', async () => {
    const answer = await api.ask('POST /tokens', { body: '{"password":"hunter2", oops}' });

    assert.equal(answer.problem, 'invalid-input');
    assert.match(answer.as('problem').detail ?? '', /not valid JSON \(at byte 23\)/);
    assert.doesNotMatch(answer.text, /hunter2|oops/);
  });

  it('that are nested without end are refused', async () => {
    const value = '['.repeat(100_000) + ']'.repeat(100_000);
    const body = `{"operations": [{"op": "set", "level": "cluster", "path": "/outbound/trust", "value": ${value}}]}`;

    const answer = await api.ask('POST /drafts/me/operations', { body });

    assert.equal(answer.problem, 'invalid-input');
    assert.match(answer.as('problem').detail ?? '', /deeper than 64/);
  });

  it('of another type than JSON are refused as such', async () => {
    const headers = { 'content-type': 'text/plain' };

    assert.equal((await api.ask('POST /tokens', { body: '{}', headers })).problem, 'unsupported-media-type');
  });

  it('are needed only where something is required', async () => {
    assert.equal((await api.ask('POST /rollouts')).status, 201);
    assert.equal((await api.ask('POST /tokens')).problem, 'invalid-input');
  });

  it('larger than 1 MB are refused, as are small ones that unpack to more', async () => {
    const body = JSON.stringify({ comment: 'x'.repeat(1024 * 1024) });

    const plain = await api.ask('POST /drafts/me/commit', { body });
    const packed = await fetch(`${api.url}/api/v1/drafts/me/commit`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${api.tokens.admin}`,
        'content-type': 'application/json',
        'content-encoding': 'gzip',
      },
      body: gzipSync(body),
    });

    assert.equal(plain.status, 413);
    assert.equal(plain.problem, 'too-large');
    assert.match(plain.as('problem').detail ?? '', /1048576 bytes/);
    assert.equal(packed.status, 413);
  });

  it('of configuration files may be up to 64 MB', async () => {
    const load = (bytes: number) =>
      api.ask('POST /configuration-files/load', { body: { file: 'x'.repeat(bytes), passphrase: 'long enough' } });

    assert.equal((await load(63 * 1024 * 1024)).problem, 'invalid-input');
    assert.equal((await load(64 * 1024 * 1024)).problem, 'too-large');
  });

  it('of strangers are not read', async () => {
    const body = 'x'.repeat(2 * 1024 * 1024);

    assert.equal((await api.ask('POST /tokens', { token: 'wrong', body })).status, 401);
  });
});

describe('paths and queries', () => {
  const cases = [
    ['GET /machines/Mx_1', '/machine'],
    ['GET /machines/..%2f..', '/machine'],
    ['GET /revisions/first', '/revision'],
    ['GET /revisions/-1', '/revision'],
    ['GET /revisions?limit=0', '/limit'],
    ['GET /revisions?limit=1&limit=2', '/limit'],
    ['GET /revisions?befor=3', ''],
    ['GET /machines/mx1/explain', ''],
    ['GET /machines/mx1/explain-sender?listener=public', ''],
    ['GET /machines/mx1/explain-sender?listener=Public&address=192.0.2.7', '/listener'],
    ['GET /groups?x=1', ''],
    ['GET /audit?before=yesterday', '/before'],
    ['GET /audit?before=2026-13-01', '/before'],
    ['DELETE /tokens/A-B', '/token'],
    ['GET /layers/group/%00', '/group'],
    ['GET /drafts/__proto__', '/author'],
  ] as const;
  for (const [request, pointer] of cases) {
    it(`${request} is refused`, async () => {
      const answer = await api.ask(request);

      assert.equal(answer.status, 400);
      assert.deepEqual(answer.as('problem').errors?.[0]?.pointer, pointer);
    });
  }

  it('that cannot be decoded are refused', async () => {
    assert.equal((await api.ask('GET /machines/%E0%A4%A')).problem, 'invalid-input');
  });

  it('may escape what needs no escape', async () => {
    assert.equal((await api.ask('GET /drafts/%6de')).as('draft-view').draft.author, 'anna');
  });
});
