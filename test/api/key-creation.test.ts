// Keys of 4096 bits take a second or two each; whoever asks for something else meanwhile must not notice.
import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, it } from 'node:test';

import { running, type Running } from './running.ts';

const count = process.env['SIGNET_TEST'] === 'full' ? 50 : 4;
let api: Running;
before(async () => {
  api = await running();
});
after(() => api.close());

describe(`${count} RSA-4096 keys asked for at once`, () => {
  it('do not hold up other requests', async () => {
    const delay = monitorEventLoopDelay({ resolution: 5 });
    const began = performance.now();
    let pending = count;
    delay.enable();

    const creations = Array.from({ length: count }, async (_, index) => {
      const create = { key: 'rsa-4096', subject: { commonName: `mx${index}.example.test` } };
      const { status } = await api.ask(`POST /certificates/cluster/mx${index}`, { body: { create } });
      pending -= 1;
      return status;
    });
    let answered = 0;
    while (pending > 0) {
      const { status } = await api.ask('GET /groups');
      assert.equal(status, 200);
      if (pending > 0) answered += 1;
      await sleep(20);
    }
    const statuses = await Promise.all(creations);
    delay.disable();

    assert.deepEqual([...new Set(statuses)], [201]);
    // Between any two keys others had their turn, many times over.
    assert.ok(answered > 3 * count, `${answered} requests were answered before the last of ${count} keys`);
    const eachKey = (performance.now() - began) / count;
    const longest = delay.max / 1e6;
    assert.ok(longest < eachKey / 2, `the event loop stood still for ${longest} ms; a key takes ${eachKey} ms`);
  });
});
