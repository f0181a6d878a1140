import assert from 'node:assert/strict';
import { it } from 'node:test';

import { departing } from '../../services/controller/departing.ts';
import type { Registration } from '../../services/schema/types.generated.ts';
import { registration } from '../backup/surroundings.ts';

it('a machine that is expected back is tried until it is let go, and the audit trail says so', async () => {
  const stop = new AbortController();
  const mx1: Registration = { ...registration(1, 'mx1'), state: 'left', unfinished: '2026-11-24T10:00:00.000Z' };
  const tried: string[] = [];
  const written: string[] = [];
  const deps = {
    membership: {
      expectedBack: () => Promise.resolve(written.length === 0 ? [mx1] : []),
      finishLeave(id: string) {
        tried.push(id);
        return tried.length < 3 ? Promise.reject(new Error('dark')) : Promise.resolve('shut out');
      },
    },
    audit: {
      record({ action, object, detail }: { action: string; object: string; detail?: string }) {
        written.push(`${action} ${object}: ${detail ?? ''}`);
        stop.abort();
        return Promise.resolve();
      },
    },
    sweepSeconds: 0.005,
    log: () => undefined,
  };

  await departing(deps, stop.signal);

  assert.deepEqual(tried, [mx1.id, mx1.id, mx1.id]);
  assert.deepEqual(written, ['finish-leave /machines/mx1: shut out']);
});
