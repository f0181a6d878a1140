import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { problem, statuses } from '../../services/api/problem.ts';
import { NamedError, type ErrorCode } from '../../services/errors.ts';
import { running } from './running.ts';

const edge = ['internal', 'method-not-allowed', 'too-large', 'unsupported-media-type', 'too-many-attempts'];

describe('problems', () => {
  it('answer every named error with its status, its code and its sentence', async () => {
    let code: ErrorCode = 'busy';
    const findings = [{ pointer: '/listeners/public/port', detail: 'is taken', machine: 'mx1', level: 'cluster' }];
    const api = await running({
      deps: ({ config }) => ({
        config: {
          ...config,
          head: () =>
            Promise.reject(
              new NamedError(code, `it is ${code}`, { transient: code === 'busy', findings, facts: { port: 25 } }),
            ),
        },
      }),
    });
    try {
      for (const [name, status] of Object.entries(statuses).filter(([one]) => !edge.includes(one))) {
        code = name as ErrorCode;

        const answer = await api.ask('GET /health');

        assert.equal(answer.status, status, code);
        const { instance, title, ...rest } = answer.as('problem');
        assert.match(instance, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        assert.notEqual(title, '');
        const detail = `it is ${code}`;
        assert.deepEqual(rest, {
          type: `urn:signet:problem:${code}`,
          status,
          detail,
          errors: findings,
          facts: { port: 25 },
        });
        assert.equal(answer.headers.get('retry-after'), code === 'busy' ? '1' : null);
        assert.equal(answer.headers.get('cache-control'), 'no-store');
      }
    } finally {
      await api.close();
    }
  });

  it('say nothing about an error that nobody expected, which is logged under the same id', async () => {
    const api = await running({
      deps: ({ config }) => ({
        config: { ...config, head: () => Promise.reject(new Error('password=hunter2 at the bottom')) },
      }),
    });
    try {
      const answer = await api.ask('GET /health');

      assert.equal(answer.status, 500);
      const { instance, detail, type } = answer.as('problem');
      assert.equal(detail, undefined);
      assert.equal(type, 'urn:signet:problem:internal');
      const line = api.log.find((one) => one.includes('unexpected error')) ?? '';
      assert.ok(line.includes(instance.slice('urn:uuid:'.length)));
      assert.match(line, /at the bottom/);
      assert.doesNotMatch(line, /hunter2/);
    } finally {
      await api.close();
    }
  });

  it('have a title for every status', () => {
    for (const code of Object.keys(statuses).filter((one) => !edge.includes(one))) {
      assert.notEqual(problem(new NamedError(code as ErrorCode, 'x'), 'id').title, '');
    }
  });
});

describe('paths and methods', () => {
  it('answer 404 for what there is not, and 405 with the methods there are', async () => {
    const api = await running();
    try {
      assert.equal((await api.ask('GET /nothing')).problem, 'not-found');
      assert.equal((await api.ask('GET /api/v2/groups')).problem, 'not-found');
      assert.equal((await api.ask('GET /layers/defaults')).problem, 'not-found');
      const wrong = await api.ask('PUT /groups', { body: {} });
      assert.equal(wrong.problem, 'method-not-allowed');
      assert.equal(wrong.headers.get('allow'), 'GET, HEAD');
      assert.equal((await api.ask('DELETE /drafts/me/operations')).headers.get('allow'), 'POST');
      assert.equal((await api.ask('PUT /drafts/me', { body: {} })).headers.get('allow'), 'GET, HEAD, DELETE');
    } finally {
      await api.close();
    }
  });

  it('let a machine have a name that a path uses too', async () => {
    const api = await running();
    try {
      await api.join('plan');

      assert.equal((await api.ask('GET /machines/plan')).as('machine-view').name, 'plan');
    } finally {
      await api.close();
    }
  });

  it('answer HEAD as GET, without a body', async () => {
    const api = await running();
    try {
      for (const path of ['/health', '/api/v1/groups', '/api/v1/events']) {
        const headers = { authorization: `Bearer ${api.tokens.viewer}` };
        const response = await fetch(api.url + path, { method: 'HEAD', headers });

        assert.equal(response.status, 200);
        assert.equal(await response.text(), '');
      }
    } finally {
      await api.close();
    }
  });
});
