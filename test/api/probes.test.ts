/** Probes over the API: real connections to servers on loopback, and who may have them made. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { peer, smtp } from '../conversation/peers.ts';
import { running, type Running } from './running.ts';

describe('probes', () => {
  let api: Running;
  before(async () => {
    api = await running();
    await api.join('mx1');
  });
  after(() => api.close());
  const ask = async (body: unknown, token = api.tokens.operator) => api.ask('POST /probes', { token, body });

  it('say how a server stands, step by step, and are written down', async () => {
    const server = await peer(smtp({ extensions: ['SIZE 1'] }));

    const report = (await ask({ host: '127.0.0.1', port: server.port, name: 'mx.example.org' })).as('probe-report');

    await server.close();
    const [probe] = report.probes;
    assert.equal(report.well, false);
    assert.deepEqual(
      probe?.steps.map(({ step, result }) => `${step} ${result}`),
      [
        ...['connect passed', 'greeting passed', 'ehlo passed', 'starttls failed', 'handshake skipped'],
        ...['certificate skipped', 'name skipped', 'secure skipped', 'from skipped'],
      ],
    );
    assert.equal(probe.steps[3]?.findings[0]?.rule, 'not-offered');
    assert.equal(server.connections(), 1);
    const { entries } = (await api.ask('GET /audit?limit=1')).as('audit-list');
    assert.deepEqual(
      entries.map(({ actor, action, object }) => [actor, action, object]),
      [['otto', 'probe', `/probes 127.0.0.1 port ${server.port}`]],
    );
  });

  it('look at every listener of every machine when nothing else is asked', async () => {
    const report = (await ask({ from: 'mx1' })).as('probe-report');

    assert.deepEqual(
      report.probes.map(({ machine, listener, from, server, steps }) => [
        machine,
        listener,
        from,
        server,
        steps[0]?.result,
      ]),
      [['mx1', 'public', 'mx1', '127.0.0.1', 'failed']],
    );
    assert.match(report.probes[0]?.steps[0]?.findings[0]?.detail ?? '', /no gateway .* is up in this test/);
  });

  it('are not for viewers', async () => {
    assert.equal((await ask({ host: '127.0.0.1' }, api.tokens.viewer)).problem, 'forbidden');
  });

  const refused: readonly (readonly [title: string, body: unknown, problem: string, says: RegExp])[] = [
    ['two questions at once', { host: 'a.example', domain: 'b.example' }, 'invalid-input', /domain does not belong/],
    ['a port without a host', { port: 25 }, 'invalid-input', /host/],
    ['a host with a space', { host: 'a b' }, 'invalid-input', /host/],
    ['a range of addresses', { host: '198.18.0.0/24' }, 'invalid-input', /host/],
    ['a machine that is none', { machines: ['mx9'] }, 'not-found', /no member mx9/],
    ['a vantage that is none', { host: 'a.example', from: 'mx9' }, 'not-found', /no member mx9/],
    ['a listener that is none', { machines: ['mx1'], listener: 'none' }, 'not-found', /no listener none/],
    [
      'other ports of others from a gateway',
      { host: 'a.example', port: 22, from: 'mx1' },
      'invalid-input',
      /only its own addresses .* and port 25/,
    ],
  ];
  for (const [title, body, problem, says] of refused) {
    it(`refuse ${title}`, async () => {
      const answer = await ask(body);

      assert.equal(answer.problem, problem, answer.text);
      assert.match(answer.text, says);
    });
  }

  it('are not for viewers either where they foretell a delivery', async () => {
    const test = (token: string) => api.ask('POST /tls-tests', { token, body: { domain: 'example.org' } });

    assert.equal((await test(api.tokens.viewer)).problem, 'forbidden');
    const report = (await test(api.tokens.operator)).as('tls-test-report');
    assert.deepEqual([report.found, report.delivered], ['address', false]);
    assert.match(report.machines[0]?.reason ?? '', /^example\.org: no gateway .* is up in this test$/);
  });

  it('are so many a minute that they are no use for a scan', async () => {
    const gone = await peer(() => undefined);
    await gone.close();
    const answers = await Promise.all(Array.from({ length: 70 }, () => ask({ host: '127.0.0.1', port: gone.port })));

    const problems = answers.map(({ problem }) => problem);
    assert.ok(problems.includes('busy'));
    assert.ok(problems.filter((one) => one === '').length <= 60);
  });
});
