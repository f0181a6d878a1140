import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { converged, fold, news, type Event } from '../../services/push/status.ts';
import type { MachineStatus, Manifest } from '../../services/schema/types.generated.ts';

const time = new Date('2026-01-02T03:04:05.678Z');
const manifest: Manifest = { machine: 'mx1', digest: '1'.repeat(64), files: [], probes: [] };
const match = {
  listener: 'public',
  address: '198.18.0.11',
  port: 25,
  verdict: 'match',
  detail: 'TLSv1.3',
  fingerprint: 'f'.repeat(64),
  expires: '2027-01-01T00:00:00.000Z',
  seen: time.toISOString(),
} as const;
const at = { generation: 5, newest: 5, epoch: 2 };
const fresh: MachineStatus = { machine: 'mx1', served: [] };

describe('fold', () => {
  it('wanted, deployed and served are three facts: wanting something deploys nothing', () => {
    const status = fold(fresh, { kind: 'wanted', revision: 3, manifest });

    assert.deepEqual(status, { ...fresh, wanted: { revision: 3, digest: manifest.digest } });
    assert.equal(converged(status), false);
  });

  it('a confirmed push is deployed and served as seen', () => {
    const wanted = fold(fresh, { kind: 'wanted', revision: 3, manifest });

    const status = fold(wanted, {
      kind: 'delivered',
      revision: 3,
      time,
      delivery: { state: 'confirmed', deployed: manifest, generation: 5, served: [match] },
    });

    assert.equal(status.deployed?.generation, 5);
    assert.equal(status.deployed.revision, 3);
    assert.equal(converged(status), true);
  });

  it('a revert leaves what was deployed before, and says why', () => {
    const before = fold(fresh, {
      kind: 'delivered',
      revision: 2,
      time,
      delivery: { state: 'confirmed', deployed: manifest, generation: 4, served: [match] },
    });

    const status = fold(before, {
      kind: 'delivered',
      revision: 3,
      time,
      delivery: { state: 'reverted', detail: 'another certificate is served', served: [] },
    });

    assert.deepEqual(status.deployed, before.deployed);
    assert.equal(status.problem, 'another certificate is served');
    assert.equal(converged(status), false);
  });

  it('a gateway that serves something else than it has is not converged', () => {
    const wanted = fold(fresh, { kind: 'wanted', revision: 3, manifest });

    const status = fold(wanted, {
      kind: 'seen',
      digest: manifest.digest,
      ...at,
      drift: [],
      served: [{ ...match, verdict: 'differs' }],
      time,
    });

    assert.equal(converged(status), false);
  });

  it('a gateway that was never pushed to has nothing', () => {
    const status = fold(fresh, { kind: 'seen', digest: '-', ...at, generation: 0, drift: [], served: [], time });

    assert.equal(status.deployed?.digest, '');
    assert.equal(converged(status), false);
  });

  it('silence is a problem, and what was known last stays', () => {
    const before = fold(fresh, {
      kind: 'seen',
      digest: manifest.digest,
      ...at,
      drift: [],
      served: [match],
      time,
    });

    const status = fold(before, { kind: 'silent', detail: 'mx1 cannot be reached' });

    assert.deepEqual(status, { ...before, problem: 'mx1 cannot be reached' });
  });

  describe('of a gateway that was put back to an earlier state', () => {
    const confirmed = (generation: number, epoch = 2): Event & { readonly kind: 'delivered' } => ({
      ...{ kind: 'delivered', revision: 3, time },
      delivery: { state: 'confirmed', deployed: manifest, generation, epoch, served: [match] },
    });
    const before = fold(fold(fresh, { kind: 'wanted', revision: 3, manifest }), confirmed(7));
    const seen = (newest: number, epoch: number, setBack?: string): Event => ({
      ...{ kind: 'seen', digest: manifest.digest, generation: newest, newest, epoch, drift: [], served: [match], time },
      ...(setBack === undefined ? {} : { setBack }),
    });

    it('is a problem of its own that lasts, whatever else it answers', () => {
      const found = fold(before, seen(3, 2, 'it was put back'));
      const silent = fold(found, { kind: 'silent', detail: 'it is dark' });
      const refused = fold(found, {
        ...{ kind: 'delivered', revision: 4, time },
        delivery: { state: 'refused', detail: 'it was put back', served: [], setBack: true },
      });

      assert.deepEqual(
        [found.problem, found.deployed?.generation, found.reached?.generation],
        ['it was put back', 3, 7],
      );
      for (const later of [found, silent, refused]) {
        assert.equal(later.setBack, time.toISOString());
        assert.equal(converged(later), false);
      }
      assert.match(news(before, found) ?? '', /^earlier state since 2026-.*; problem it was put back$/);
    });

    it('is over with what is confirmed there, and counts from that', () => {
      const decided = fold(fold(before, seen(3, 2, 'it was put back')), confirmed(4, 5));

      assert.deepEqual([decided.setBack, decided.problem], [undefined, undefined]);
      assert.deepEqual(decided.reached, { generation: 4, epoch: 5 });
      assert.equal(converged(decided), true);
    });

    it('is over when the state that was recorded is back', () => {
      const back = fold(fold(before, seen(3, 2, 'it was put back')), seen(7, 2));

      assert.deepEqual([back.setBack, back.problem, back.reached], [undefined, undefined, { generation: 7, epoch: 2 }]);
    });

    it('is not told by a look that a push overtook', () => {
      const overtaken = fold(fold(fresh, confirmed(3)), seen(3, 2, 'it was put back'));

      assert.equal(overtaken.setBack, undefined);
    });
  });
});

describe('news of a machine', () => {
  const seen = (changed: Partial<MachineStatus>): MachineStatus => ({ ...fresh, served: [match], ...changed });
  const drift = { digest: manifest.digest, generation: 5, seen: time.toISOString(), drift: ['main.cf was edited'] };

  it('are none when it is seen as it was, or has another problem than before', () => {
    assert.equal(news(seen({}), seen({ wanted: { revision: 4, digest: manifest.digest } })), undefined);
    assert.equal(news(seen({ problem: 'no answer for 10 s' }), seen({ problem: 'no answer for 11 s' })), undefined);
  });

  it('are what a listener serves, hand edits, and problems that come and go', () => {
    assert.equal(news(fresh, seen({})), 'public match');
    assert.equal(news(seen({}), seen({ served: [{ ...match, verdict: 'differs' }] })), 'public differs');
    assert.equal(news(seen({}), seen({ served: [] })), 'public is gone');
    assert.equal(news(seen({}), seen({ deployed: drift })), 'drift main.cf was edited');
    assert.equal(news(seen({ deployed: drift }), seen({ problem: 'it is dark' })), 'drift none; problem it is dark');
    assert.equal(news(seen({ problem: 'it is dark' }), seen({})), 'problem none');
  });
});
