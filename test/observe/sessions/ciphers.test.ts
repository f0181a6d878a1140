// Which ciphers protocol settings let Postfix offer, held against what OpenSSL says of the same lists.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';

import { isOffered } from '../../../services/observe/sessions/ciphers.ts';

/** The ciphers of a list below TLS 1.3, without those that no mail server uses. */
function openssl(list: string): readonly string[] {
  const said = execFileSync('openssl', ['ciphers', '-s', '-tls1_2', `${list}:@SECLEVEL=0`], { encoding: 'utf8' });
  return said
    .trim()
    .split(':')
    .filter((name) => name !== '' && !/^TLS_|PSK|SRP/.test(name));
}

describe('a cipher', () => {
  const all = openssl('ALL:eNULL');
  const lists = { medium: 'aNULL:-aNULL:HIGH:MEDIUM', high: 'aNULL:-aNULL:HIGH' } as const;
  const excluded = [
    ...[
      [],
      ['aNULL'],
      ['aNULL', 'kRSA'],
      ['RSA'],
      ['aRSA'],
      ['ECDHE'],
      ['kECDHE'],
      ['DHE'],
      ['kEDH'],
      ['ECDSA'],
      ['DSS'],
    ],
    ...[
      ['AES'],
      ['AES128'],
      ['AES256'],
      ['AESGCM'],
      ['AESCCM'],
      ['AESCCM8'],
      ['CAMELLIA'],
      ['CAMELLIA128'],
      ['CHACHA20'],
    ],
    ...[['ARIA'], ['ARIA256'], ['CBC'], ['MD5'], ['SHA'], ['SHA256'], ['SHA384'], ['kRSA+AES', 'SHA1+ECDHE']],
    ...[
      ['AES256-SHA', 'ECDHE-RSA-AES128-SHA'],
      ['ADH', 'AECDH'],
      ['eNULL', 'SEED', '3DES', 'RC4', 'IDEA', 'DES'],
    ],
  ];
  for (const [grade, list] of Object.entries(lists)) {
    for (const exclude of excluded) {
      it(`is offered at ${grade} without ${exclude.join(', ') || 'exclusions'} when OpenSSL lists it`, () => {
        const expected = openssl([list, ...exclude.map((word) => `!${word}`)].join(':'));

        const offered = all.filter((name) => isOffered(name, { ciphers: grade as 'high', exclude }) === 'yes');

        assert.deepEqual(offered.toSorted(), expected.toSorted());
      });
    }
  }

  it('of TLS 1.3 is always offered, and under a word that is not known it is not known', () => {
    assert.equal(isOffered('TLS_AES_256_GCM_SHA384', { ciphers: 'high', exclude: ['AES'] }), 'yes');
    assert.equal(isOffered('AES256-SHA', { ciphers: 'high', exclude: ['aGOST01'] }), 'unknown');
    assert.equal(isOffered('DES-CBC3-SHA', { ciphers: 'high', exclude: [] }), 'no');
    assert.equal(isOffered('DES-CBC3-SHA', { ciphers: 'medium', exclude: [] }), 'yes');
    assert.equal(isOffered('DES-CBC3-SHA', { ciphers: 'medium', exclude: ['aGOST01', '3DES'] }), 'no');
  });
});
