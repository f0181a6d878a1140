import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, it } from 'node:test';

import { keys } from '../../services/store/keys.ts';
import { parse } from '../../services/schema/parse.ts';
import { events, type EventReader } from './event-reader.ts';
import { running, type Running } from './running.ts';

let api: Running;
beforeEach(async () => {
  api = await running({ deps: () => ({ heartbeatSeconds: 0.05 }) });
});
afterEach(() => api.close());

function open(path: string, headers: Readonly<Record<string, string>> = {}): Promise<EventReader> {
  return events(`${api.url}/api/v1${path}`, { authorization: `Bearer ${api.tokens.viewer}`, ...headers });
}

async function commit(port: number): Promise<void> {
  const operations = [{ op: 'set', level: 'cluster', path: '/listeners/public/port', value: port }];
  await api.ask('POST /drafts/me/operations', { body: { operations } });
  await api.ask('POST /drafts/me/commit', { body: { comment: `port ${port}` } });
}

describe('the events of a rollout', () => {
  it('tell each change, then the end, and close', async () => {
    await commit(2525);
    const stream = await open('/rollouts/1/events');
    assert.match(stream.type ?? '', /^text\/event-stream/);

    const first = await stream.next();
    api.push.finish(1, 'succeeded');
    const [second, third, over] = [await stream.next(), await stream.next(), await stream.next()];

    const states = [first, second, third].map((one) => [
      one?.event,
      parse('rollout-view', one?.data, 'the event').rollout.state,
    ]);
    assert.deepEqual(states, [
      ['rollout', 'running'],
      ['rollout', 'succeeded'],
      ['end', 'succeeded'],
    ]);
    assert.equal(over, undefined);
  });

  it('of one that is over tell its end at once', async () => {
    await commit(2525);
    api.push.finish(1, 'failed');

    const stream = await open('/rollouts/1/events');

    assert.equal((await stream.next())?.event, 'rollout');
    assert.equal((await stream.next())?.event, 'end');
    assert.equal(await stream.next(), undefined);
  });

  it('of one that there is not are a problem, not a stream', async () => {
    assert.equal((await api.ask('GET /rollouts/9/events')).problem, 'not-found');
  });

  it('cost nothing any more when the client has gone', async () => {
    const over = new AbortController();
    await api.close();
    api = await running({
      deps: ({ push }) => ({
        push: {
          ...push,
          async *follow(id, signal) {
            try {
              yield* push.follow(id, signal);
            } finally {
              over.abort();
            }
          },
        },
      }),
    });
    await commit(2525);
    const stream = await open('/rollouts/1/events');
    await stream.next();

    stream.stop();

    if (!over.signal.aborted) await once(over.signal, 'abort', { signal: AbortSignal.timeout(2000) });
  });
});

describe('the events of the cluster', () => {
  it('tell revisions as they are committed', async () => {
    const stream = await open('/events');

    await commit(2525);

    const event = await stream.next();
    assert.equal(event?.event, 'revision');
    assert.equal(parse('revision', event.data, 'the event').number, 1);
    stream.stop();
  });

  it('go on after the last one that was seen, without missing any', async () => {
    const stream = await open('/events');
    await commit(2525);
    const seen = await stream.next();
    stream.stop();
    await commit(2526);
    await commit(2527);

    const again = await open('/events', { 'last-event-id': seen?.id ?? '' });

    const numbers = [await again.next(), await again.next()].map((one) => parse('revision', one?.data, 'it').number);
    assert.deepEqual(numbers, [2, 3]);
    again.stop();
  });

  it('tell nothing that is not meant for clients', async () => {
    const stream = await open('/events');
    await api.service.createToken({ name: 'quiet', role: 'viewer' });
    await api.ask('POST /certificates/cluster/mx', { body: { create: { subject: { commonName: 'a' } } } });

    await api.store.transact({
      compare: [],
      writes: [{ put: keys.status('x'), value: JSON.stringify({ machine: 'mx1', served: [] }) }],
    });

    assert.equal((await stream.next())?.event, 'status');
    stream.stop();
  });

  it('show that the connection is alive when nothing happens', async () => {
    const stream = await open('/events');
    await sleep(300);

    await commit(2525);
    await stream.next();

    assert.ok(stream.comments() >= 2, String(stream.comments()));
    stream.stop();
  });

  it('do not begin at what is no id of theirs', async () => {
    const headers = { 'last-event-id': 'yesterday' };

    assert.equal((await api.ask('GET /events', { headers })).problem, 'invalid-input');
  });
});
