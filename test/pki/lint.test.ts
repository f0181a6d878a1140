import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { readCertificatePem, type Certificate } from '../../services/pki/certificate.ts';
import { lint } from '../../services/pki/lint/chain.ts';
import { verdicts } from '../../services/pki/lint/rules.ts';
import { installation } from './installation.ts';
import { issue, makeHierarchy, openssl, removeFolder, temporaryFolder, texts, withoutOpenssl } from './openssl.ts';

describe('the lint of a chain', { skip: withoutOpenssl }, () => {
  const folder = temporaryFolder();
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000);
  const read = (name: string) => readCertificatePem(texts(folder, `${name}.pem`));
  const found = ([leaf, ...issuers]: readonly Certificate[], given: readonly Certificate[] = [], now = inDays(1)) => {
    assert.ok(leaf);
    return lint({ chain: [leaf, ...issuers], given, now });
  };
  const rules = (...asked: Parameters<typeof found>) => found(...asked).map(({ rule }) => rule);
  /** A leaf of the intermediate with these extensions and options, in the chain that it belongs to. */
  const leafWith = (extensions: string, options: readonly string[] = []) => {
    writeFileSync(join(folder, 'made.ext'), extensions);
    issue(folder, 'leaf', 'intermediate', ['-out', 'made.pem', '-extfile', 'made.ext', '-days', '20', ...options]);
    return [read('made'), read('intermediate')];
  };
  const names = 'subjectAltName=DNS:mail.example.test\n';
  before(() => makeHierarchy(folder, 'ec'));
  after(() => removeFolder(folder));

  it('finds nothing to say of a good one', () => {
    assert.deepEqual(found([read('leaf'), read('intermediate')], [read('root')]), []);
  });

  const cases: readonly (readonly [rule: string, extensions: string, options?: readonly string[]])[] = [
    ['no-alternative-name', 'basicConstraints=CA:false\n'],
    ['leaf-is-authority', `${names}basicConstraints=critical,CA:true\n`],
    ['no-purpose', `${names}extendedKeyUsage=codeSigning\n`],
    ['unknown-critical-extension', `${names}1.2.3.4=critical,DER:05:00\n`],
    ['serial', names, ['-set_serial', '-5']],
    ['serial', names, ['-set_serial', `0x${'7f'.repeat(21)}`]],
    ['serial', names, ['-set_serial', `0x${'ff'.repeat(20)}`]],
    ['weak-signature', names, ['-sha1']],
  ];
  for (const [rule, extensions, options = []] of cases) {
    it(`warns of ${[rule, ...options].join(' ')}`, () => {
      assert.deepEqual(rules(leafWith(extensions, options), [read('root')]), [rule]);
    });
  }

  it('takes every form that is in order', () => {
    for (const extensions of [
      `${names}extendedKeyUsage=serverAuth\n`,
      `${names}extendedKeyUsage=clientAuth\n`,
      `${names}extendedKeyUsage=anyExtendedKeyUsage\n`,
      `${names}keyUsage=critical,digitalSignature\nbasicConstraints=critical,CA:false\n`,
      'subjectAltName=IP:2001:db8::1\n',
    ]) {
      assert.deepEqual(rules(leafWith(extensions), [read('root')]), [], extensions);
    }
    const longest = ['-set_serial', `0x7f${'ff'.repeat(19)}`];
    assert.deepEqual(rules(leafWith(names, longest), [read('root')]), []);
  });

  it('tells a leaf that expired from an issuer that did, and says what is not valid yet', () => {
    const chain = [read('leaf'), read('intermediate')];
    issue(folder, 'intermediate', 'root', ['-out', 'short.pem', '-days', '5', '-extfile', 'authority.ext']);

    assert.deepEqual(rules(chain, [read('root')], inDays(21)), ['expired', 'expired-issuer']);
    assert.deepEqual(rules([read('leaf'), read('short')], [read('root')], inDays(6)), ['expired-issuer']);
    assert.deepEqual(rules(chain, [read('root')], inDays(-1)), ['not-yet-valid', 'not-yet-valid']);
  });

  // CA/B Forum Ballot SC-081v3. A certificate of N days has a validity of N days and one second, since both ends count.
  const limits: readonly (readonly [from: string, days: number, findings: number])[] = [
    ['20260101000000Z', 397, 0],
    ['20260101000000Z', 398, 1],
    ['20260314235959Z', 397, 0],
    ['20260315000000Z', 199, 0],
    ['20260315000000Z', 200, 1],
    ['20270315000000Z', 99, 0],
    ['20270315000000Z', 100, 1],
    ['20290315000000Z', 46, 0],
    ['20290315000000Z', 47, 1],
  ];
  for (const [from, days, findings] of limits) {
    it(`${findings === 0 ? 'allows' : 'warns of'} ${days} days and a second from ${from}`, () => {
      assert.equal(lifetimes(from, days).length, findings);
    });
  }

  function lifetimes(from: string, days: number): readonly (string | undefined)[] {
    const start = new Date(from.replace(/^(....)(..)(..)(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'));
    const end = new Date(start.getTime() + days * 86_400_000).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
    const database = ['database', 'serial'].map((name) => join(folder, name));
    for (const file of database) writeFileSync(file, file.endsWith('serial') ? '01' : '');
    writeFileSync(
      join(folder, 'ca.cnf'),
      `[ca]\ndefault_ca=x\n[x]\ndatabase=database\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\nx509_extensions=e\n[p]\ncommonName=supplied\n[e]\n${names}`,
    );
    const signer = ['-cert', 'intermediate.pem', '-keyfile', 'intermediate.key', '-config', 'ca.cnf'];
    const period = ['-startdate', from, '-enddate', end];
    openssl(folder, ['ca', '-batch', ...signer, ...period, '-in', 'leaf.csr', '-out', 'long.pem', '-notext']);
    return rules([read('long'), read('intermediate')], [read('root')], start).filter(
      (rule) => rule === 'long-validity',
    );
  }

  it('names the issuer that is missing, and the address that the certificate gives for it', () => {
    const address =
      'authorityInfoAccess=caIssuers;URI:http://ca.example.test/i.der,OCSP;URI:http://ocsp.example.test\n';
    const [leaf] = leafWith(names + address);
    assert.ok(leaf);

    const [finding, ...others] = found([leaf]);

    assert.deepEqual(others, []);
    assert.equal(finding?.rule, 'missing-intermediate');
    assert.match(
      finding.detail,
      /^the chain ends with O=Test, CN=leaf, and its issuer O=Test, CN=intermediate .* http:\/\/ca\.example\.test\/i\.der /,
    );
    assert.deepEqual(rules([leaf, read('intermediate')]), ['missing-intermediate']);
    assert.deepEqual(rules([leaf, read('intermediate')], [read('stranger')]), ['missing-intermediate']);
  });

  it('takes a chain without its root for whole when peers have the root', () => {
    const [leaf, intermediate, root] = [read('leaf'), read('intermediate'), read('root')];
    const chain = [leaf, intermediate] as const;
    const peers = (...known: readonly Certificate[]) =>
      lint({ chain, given: [], now: inDays(1), roots: () => known.map(({ x509 }) => x509) });

    assert.deepEqual(peers(read('stranger'), root), []);
    assert.equal(peers(read('stranger')).length, 1);
  });

  it('warns of an issuer that is no authority', () => {
    writeFileSync(join(folder, 'no-authority.ext'), 'basicConstraints=CA:false\nkeyUsage=keyCertSign\n');
    issue(folder, 'intermediate', 'root', ['-out', 'no.pem', '-days', '9', '-extfile', 'no-authority.ext']);

    assert.deepEqual(rules([read('leaf'), read('no')], [read('root')]), ['issuer-not-authority']);
  });

  it('does not mind how a certificate signed itself', () => {
    openssl(folder, [
      ...['req', '-x509', '-key', 'root.key', '-subj', '/CN=self', '-sha1', '-days', '3000', '-out', 'self.pem'],
      ...['-addext', 'subjectAltName=DNS:self.example.test', '-addext', 'basicConstraints=critical,CA:false'],
    ]);

    assert.deepEqual(
      rules([read('self')]).filter((rule) => rule !== 'leaf-is-authority'),
      [],
    );
  });

  const unusualKeys: Readonly<Record<string, readonly string[]>> = {
    'rsa:1024': ['weak-key'],
    ed25519: ['unusual-key'],
    'ec:secp256k1': ['unusual-key'],
    'ec:P-521': [],
  };
  for (const [kind, expected] of Object.entries(unusualKeys)) {
    it(`takes ${kind} and says what peers think of it`, async () => {
      const [algorithm = '', curve] = kind.startsWith('ec:') ? kind.split(':') : [kind];
      const options = curve === undefined ? [] : ['-pkeyopt', `ec_paramgen_curve:${curve}`];
      openssl(folder, [
        ...['req', '-x509', '-newkey', algorithm, ...options, '-nodes', '-subj', '/CN=key'],
        ...['-keyout', 'key.key', '-out', 'key.pem'],
      ]);
      const at = await installation(() => inDays(1));

      const { findings } = await at.pki.importPem(texts(folder, 'key.key', 'key.pem'));

      const aboutKeys = findings.filter(({ rule }) => rule?.endsWith('-key'));
      assert.deepEqual(
        aboutKeys.map(({ rule }) => rule),
        expected,
      );
      await at.close();
    });
  }

  it('has a line in the manual for every rule', () => {
    const manual = readFileSync('docs/certificates.md', 'utf8');

    for (const [rule, verdict] of Object.entries(verdicts)) {
      assert.match(manual, new RegExp(`^\\| \`${rule}\` +\\| ${verdict} +\\|`, 'm'), rule);
    }
  });
});
