import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { after, describe, it } from 'node:test';

import fc from 'fast-check';

import { dane, type Dane } from '../../../services/observe/tls-test/dane.ts';
import { decodeAnswer, encodeQuery, type DnsAnswer } from '../../../services/observe/tls-test/dns-message.ts';
import { makeChains, pemOf, type Made } from '../probe/chains.ts';
import { removeFolder, temporaryFolder, withoutOpenssl } from '../../pki/openssl.ts';

describe('TLSA records', { skip: withoutOpenssl }, () => {
  const folder = withoutOpenssl ? '' : temporaryFolder();
  if (!withoutOpenssl) makeChains(folder);
  after(() => removeFolder(folder));
  const certificate = (name: Made) => new X509Certificate(pemOf(folder, name));
  const chain = (...names: readonly Made[]) => names.map((name) => certificate(name).raw);
  const key = (name: Made) => certificate(name).publicKey.export({ format: 'der', type: 'spki' });
  const record = (usage: number, selector: number, matching: number, data: Buffer) =>
    Buffer.concat([Buffer.from([usage, selector, matching]), data]);
  const hash = (kind: 'sha256' | 'sha512', data: Buffer) => createHash(kind).update(data).digest();

  const proven = (...records: readonly Buffer[]): DnsAnswer => ({ secure: true, failed: false, records });
  const unproven: DnsAnswer = { secure: false, failed: false, records: [Buffer.alloc(4)] };
  const failed: DnsAnswer = { secure: false, failed: true, records: [] };
  const there = proven(Buffer.alloc(4));

  interface Zone {
    readonly mx?: DnsAnswer;
    readonly a?: DnsAnswer;
    readonly tlsa: DnsAnswer;
  }
  async function asked(
    { mx = there, a = there, tlsa }: Zone,
    served: readonly Made[],
    isDefault = false,
  ): Promise<Dane> {
    const answers = { mx, a, aaaa: proven(), tlsa };
    const question = { domain: 'example.test', host: 'mx.example.test', chain: chain(...served), isDefault };
    return dane((name, type) => {
      assert.equal(name, { mx: 'example.test', tlsa: '_25._tcp.mx.example.test' }[type as string] ?? 'mx.example.test');
      return Promise.resolve(answers[type]);
    }, question);
  }

  const whole = ['leaf', 'inner', 'outer'] as const;
  const cases: readonly (readonly [title: string, zone: () => Zone, condition: string, isDefault?: boolean])[] = [
    ['of its key', () => ({ tlsa: proven(record(3, 1, 1, hash('sha256', key('leaf')))) }), 'key-matches'],
    [
      'of its certificate, by SHA-512',
      () => ({ tlsa: proven(record(3, 0, 2, hash('sha512', certificate('leaf').raw))) }),
      'key-matches',
    ],
    [
      'that hold the certificate itself',
      () => ({ tlsa: proven(record(3, 0, 0, certificate('leaf').raw)) }),
      'key-matches',
    ],
    ['of another key', () => ({ tlsa: proven(record(3, 1, 1, hash('sha256', key('stranger')))) }), 'key-differs'],
    ['of its authority', () => ({ tlsa: proven(record(2, 1, 1, hash('sha256', key('outer')))) }), 'authority-matches'],
    [
      'of an authority that was not served',
      () => ({ tlsa: proven(record(2, 1, 1, hash('sha256', key('root')))) }),
      'key-differs',
    ],
    ['for the web alone', () => ({ tlsa: proven(record(1, 1, 1, hash('sha256', key('leaf')))) }), 'unusable'],
    ['of kinds to come', () => ({ tlsa: proven(record(3, 7, 9, Buffer.alloc(32))) }), 'unusable'],
    ['cut short', () => ({ tlsa: proven(Buffer.from([3, 1])) }), 'unusable'],
    ['that are not there', () => ({ tlsa: proven() }), 'no-records'],
    ['that cannot be looked up', () => ({ tlsa: failed }), 'lookup-fails'],
    ['of a host that is not signed', () => ({ a: unproven, tlsa: failed }), 'unsigned'],
    [
      'of a domain that is not signed',
      () => ({ mx: unproven, tlsa: proven(record(3, 1, 1, hash('sha256', key('leaf')))) }),
      'unsigned',
    ],
    [
      'of a domain that is not signed, where all domains are at dane',
      () => ({ mx: unproven, tlsa: proven(record(3, 1, 1, hash('sha256', key('leaf')))) }),
      'insecure-exchanger-default',
      true,
    ],
  ];
  for (const [title, zone, condition, isDefault] of cases) {
    it(`${title}: ${condition}`, async () => {
      assert.equal((await asked(zone(), whole, isDefault)).condition, condition);
    });
  }

  it('of an authority make that the trust', async () => {
    const { anchors } = await asked({ tlsa: proven(record(2, 1, 1, hash('sha256', key('outer')))) }, whole);

    assert.deepEqual([...(anchors?.keys() ?? [])], [certificate('outer').subject]);
  });
});

describe('a DNS message', () => {
  it('asks for what the resolver proves, as dig +ad does', () => {
    assert.equal(
      encodeQuery('_25._tcp.a.test', 'tlsa').toString('latin1'),
      '\0\x21\0\x01\x01\x20\0\x01\0\0\0\0\0\0\x03_25\x04_tcp\x01a\x04test\0\0\x34\0\x01',
    );
  });

  const question = '01610474657374000034' + '0001';
  const answer = (flags: string, count: string, rest = '') =>
    decodeAnswer(Buffer.from(`0001${flags}0001${count}00000000${question}${rest}`, 'hex'), 'tlsa');
  const record = 'c00c00340001000000050005030101abcd';

  it('is read with its proof and the records of its type', () => {
    const alias = 'c00c0005000100000005' + '0002' + 'c00c';

    assert.deepEqual(answer('81a0', '0001', record), {
      ...{ secure: true, failed: false },
      records: [Buffer.from('030101abcd', 'hex')],
    });
    assert.deepEqual(answer('8180', '0002', alias + record).records.length, 1);
    assert.deepEqual(answer('81a3', '0000'), { secure: true, failed: false, records: [] });
    assert.equal(answer('8182', '0000').failed, true);
    assert.equal(answer('0120', '0000').failed, true);
    assert.equal(answer('81a0', '0001', record.slice(0, -2)).failed, true);
    assert.equal(answer('81a0', '0009', record).failed, true);
  });

  it('may be anything: it is read or failed, and never more', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        assert.equal(typeof decodeAnswer(Buffer.from(bytes), 'mx').failed, 'boolean');
      }),
    );
  });
});
