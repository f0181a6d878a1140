// The loop of scheduled saves: what it does is in the log and in the audit trail, and it goes on whatever fails.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { Saved } from '../../services/backup/schedule/contract.ts';
import { saving } from '../../services/controller/saving.ts';
import { isNamed, NamedError } from '../../services/errors.ts';

const file = {
  ...{ name: 'signet-2026-11-24T03-30-00Z-r4.signet', time: '2026-11-24T03:30:00.000Z', revision: 4, bytes: 9 },
  ...{ sha256: 'a'.repeat(64), proven: true, machines: 3, inSync: 2 },
};

/** One look at the schedule, which finds this. */
async function looked(saveIfDue: () => Promise<Saved | undefined>) {
  const [over, logged, recorded]: [AbortController, string[], string[]] = [new AbortController(), [], []];
  const deps = {
    schedule: {
      saveIfDue: () => {
        // It ends after this one: in its pause, or at once.
        setTimeout(() => over.abort(), 20);
        return saveIfDue();
      },
    },
    audit: {
      record: ({ actor, action, object, outcome, detail = '' }: Readonly<Record<string, string | undefined>>) => {
        recorded.push([actor, action, object, outcome, detail].join(' '));
        return Promise.resolve();
      },
    },
    log: (event: string) => void logged.push(event),
  };
  await saving(deps, { key: 'leader', absent: true }, over.signal);
  return [logged, recorded];
}

describe('the loop of scheduled saves', () => {
  it('writes down what was saved', async () => {
    assert.deepEqual(await looked(() => Promise.resolve({ kind: 'saved', file })), [
      ['configuration saved'],
      [`signetd scheduled-save /revisions/4 ok ${file.name}: 2 of 3 machines would be in sync`],
    ]);
  });

  it('writes down what failed', async () => {
    const failed = { kind: 'failed', code: 'unreachable', detail: 'vault cannot be reached' } as const;

    assert.deepEqual(await looked(() => Promise.resolve(failed)), [
      ['configuration not saved'],
      ['signetd scheduled-save /configuration-files/schedule unreachable vault cannot be reached'],
    ]);
  });

  it('says nothing when nothing is due, and goes on after a bug', async () => {
    assert.deepEqual(await looked(() => Promise.resolve(undefined)), [[], []]);
    assert.deepEqual(await looked(() => Promise.reject(new Error('a bug'))), [['configuration not saved'], []]);
  });

  it('ends as interrupted once another controller leads', async () => {
    const interrupted = () => Promise.reject(new NamedError('interrupted', 'another controller leads by now'));

    await assert.rejects(looked(interrupted), (error) => isNamed(error, 'interrupted'));
  });
});
