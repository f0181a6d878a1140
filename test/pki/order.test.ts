import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import fc from 'fast-check';

import { isNamed } from '../../services/errors.ts';
import { readCertificatePem, type Certificate } from '../../services/pki/certificate.ts';
import { order } from '../../services/pki/order.ts';
import { issue, makeHierarchy, openssl, removeFolder, temporaryFolder, texts, withoutOpenssl } from './openssl.ts';

describe('the order of a chain', { skip: withoutOpenssl }, () => {
  const folder = temporaryFolder();
  // Some time after everything below was issued.
  const now = new Date(Date.now() + 3_600_000);
  let leaf: Certificate, intermediate: Certificate, root: Certificate, stranger: Certificate;
  const read = (name: string) => readCertificatePem(texts(folder, `${name}.pem`));

  before(() => {
    makeHierarchy(folder, 'ec');
    [leaf, intermediate, root, stranger] = [read('leaf'), read('intermediate'), read('root'), read('stranger')];
  });
  after(() => removeFolder(folder));

  it('is the same whatever order and how often the certificates come in', () => {
    const any = fc.shuffledSubarray([leaf, leaf, intermediate, intermediate, root, root], { minLength: 4 });
    const whole = any.filter((given) => given.includes(leaf) && given.includes(intermediate));

    fc.assert(
      fc.property(whole, (given) => {
        assert.deepEqual(order(given, leaf.key, now).chain, [leaf, intermediate]);
      }),
      { numRuns: 50 },
    );
  });

  it('says nothing of a chain that was in order already', () => {
    assert.deepEqual(order([leaf, intermediate], leaf.key, now).findings, []);
  });

  it('names every repair', () => {
    const { findings } = order([root, intermediate, leaf, leaf], leaf.key, now);

    assert.deepEqual(
      findings.map(({ detail }) => detail),
      [
        '1 certificate was there twice and is kept once',
        'the certificates were not in order and are now, from the leaf to its issuers',
        'the root O=Test, CN=root was left out: whoever verifies must have it already',
      ],
    );
  });

  it('keeps of two certificates of one authority the one that is valid, then the one that lasts', () => {
    issue(folder, 'intermediate', 'root', ['-out', 'short.pem', '-days', '5', '-extfile', 'authority.ext']);
    issue(folder, 'intermediate', 'root', ['-out', 'expired.pem', '-days', '-1', '-extfile', 'authority.ext']);

    const { chain, findings } = order([leaf, read('expired'), read('short'), intermediate], leaf.key, now);

    assert.deepEqual(chain, [leaf, intermediate]);
    assert.equal(findings.length, 2);
  });

  it('goes on over a cross-signed authority rather than to its root', () => {
    openssl(folder, ['req', '-new', '-key', 'root.key', '-subj', '/O=Test/CN=root', '-out', 'root.csr']);
    issue(folder, 'root', 'stranger', ['-out', 'cross.pem', '-days', '5', '-extfile', 'authority.ext']);

    const { chain } = order([root, read('cross'), stranger, intermediate, leaf], leaf.key, now);

    assert.deepEqual(chain, [leaf, intermediate, read('cross')]);
  });

  it('ends when two authorities certify each other', () => {
    issue(folder, 'root', 'intermediate', ['-out', 'loop.pem', '-days', '5', '-extfile', 'authority.ext']);

    const { chain } = order([read('loop'), intermediate, leaf], leaf.key, now);

    assert.deepEqual(chain, [leaf, intermediate, read('loop')]);
  });

  it('of a self-signed leaf is the leaf alone', () => {
    assert.deepEqual(order([stranger], stranger.key, now), { chain: [stranger], findings: [] });
  });

  it('is refused with a certificate that did not issue anything in it', () => {
    assert.throws(
      () => order([leaf, stranger, intermediate], leaf.key, now),
      (error) => isNamed(error, 'bad-certificate') && error.message.includes('CN=stranger'),
    );
  });
});
