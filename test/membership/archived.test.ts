/** What an archive would change, and what has become of its certificates while the machine was away. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { archivedCertificates, compare, troubles, type ComparingDeps } from '../../services/membership/archived.ts';
import type { IssuedCertificate } from '../../services/schema/types.generated.ts';
import { binding, chainFacts, digest } from '../config/surroundings.ts';

const now = new Date('2026-11-24T10:00:00Z');
const ends = new Map([
  ['1', '2027-11-24T00:00:00Z'],
  ['2', '2026-11-01T00:00:00Z'],
  ['3', '2026-12-01T00:00:00Z'],
  ['4', '2027-11-24T00:00:00Z'],
]);

/** Chains 1 to 4 are stored, and 4 was revoked. */
const deps: ComparingDeps = {
  pki: {
    facts: (ids) =>
      Promise.resolve(
        new Map(
          [...ids].flatMap((id) => {
            const notAfter = ends.get(id[0] ?? '');
            return notAfter === undefined ? [] : [[id, { ...chainFacts(id), notAfter: new Date(notAfter) }] as const];
          }),
        ),
      ),
  },
  authorities: {
    issuedAs: (chain) =>
      Promise.resolve(
        chain === digest('4')
          ? ({
              authority: 'lab',
              revoked: { time: '2026-11-20T00:00:00.000Z', reason: 'keyCompromise' },
            } as IssuedCertificate)
          : undefined,
      ),
  },
  now: () => now,
};

describe('an archive', () => {
  const layer = {
    certificates: {
      fine: binding('1'),
      old: binding('2'),
      soon: binding('3'),
      taken: binding('4'),
      gone: binding('9'),
    },
  };

  it('names certificates that have expired, will soon, were revoked or are not there, and no others', async () => {
    const certificates = await archivedCertificates(deps, layer);

    assert.deepEqual(troubles({ certificates, missing: [] }), [
      'its certificate old (CN=mx) expired on 2026-11-01',
      'its certificate soon (CN=mx) expires on 2026-12-01',
      'its certificate taken (CN=mx) was revoked on 2026-11-20 by lab',
      'its certificate gone is not stored here any more; import it again',
    ]);
  });

  it('is compared field by field with what would be without it, whatever level that comes from', async () => {
    const cluster = {
      destinations: { 'example.com': { tls: 'required' } },
      outbound: { certificate: 'mx' },
      trust: { system: { source: 'system' } },
    } as const;
    const upper = [{ level: 'cluster', layer: cluster }];
    const own = { destinations: { 'example.com': { tls: 'none' } }, certificates: { fine: binding('1') } } as const;

    const found = await compare(deps, 'group/main', upper, { layer: own, without: {} });

    assert.deepEqual(found.changes, [
      { pointer: '/certificates/fine', after: binding('1') },
      { pointer: '/destinations/example.com', before: { tls: 'required' }, after: { tls: 'none' } },
    ]);
    assert.deepEqual(found.missing, ['/outbound/certificate names the certificate "mx", which is not there']);
  });
});
