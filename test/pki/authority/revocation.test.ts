import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { isNamed } from '../../../services/errors.ts';
import { revocationList, type Reason } from '../../../services/pki/authority/revocation-list.ts';
import { readCertificatePem } from '../../../services/pki/certificate.ts';
import { openssl, removeFolder, temporaryFolder, withoutOpenssl } from '../openssl.ts';
import { authorities, request, type Authorities } from './installation.ts';

const day = 86_400_000;

describe('revocation', { skip: withoutOpenssl }, () => {
  let at: Authorities;
  const folder = temporaryFolder();
  before(async () => {
    at = await authorities();
    await at.authorities.create('anna', request);
    writeFileSync(join(folder, 'root.pem'), await at.pki.bundle((await at.authorities.show('mail')).bundle));
  });
  after(async () => {
    await at.close();
    removeFolder(folder);
  });

  async function issue(name: string) {
    const asked = { authority: 'mail', profile: 'both', request: { subject: { commonName: name } } } as const;
    const { binding } = await at.authorities.issue(asked);
    const serial = (await at.authorities.issuedAs(binding.chain))?.serial ?? '';
    return { serial, chain: binding.chain };
  }

  async function verify(chain: string): Promise<string> {
    const [leaf = '', issuing = ''] = await at.pki.chain(chain);
    for (const [file, text] of Object.entries({ 'leaf.pem': leaf, 'issuing.pem': issuing }))
      writeFileSync(join(folder, file), text);
    writeFileSync(join(folder, 'list.crl'), await at.authorities.crl('mail'));
    const files = ['-CAfile', 'root.pem', '-untrusted', 'issuing.pem', '-CRLfile', 'list.crl'];
    try {
      return openssl(folder, ['verify', '-x509_strict', '-crl_check', ...files, 'leaf.pem']).toString();
    } catch (error) {
      return String((error as { readonly stderr: Buffer }).stderr);
    }
  }

  /** What openssl says of the signature of a list. */
  function signature(file: string): string {
    const options = ['-inform', 'DER', '-in', file, '-noout', '-CAfile', 'issuing.pem', '-verify'];
    return (
      spawnSync('openssl', ['crl', ...options], { cwd: folder, encoding: 'utf8' })
        .stderr.trim()
        .split('\n')[0] ?? ''
    );
  }

  async function list(): Promise<string> {
    writeFileSync(join(folder, 'list.crl'), await at.authorities.crl('mail'));
    return openssl(folder, ['crl', '-inform', 'DER', '-in', 'list.crl', '-noout', '-text']).toString();
  }

  async function number(): Promise<number> {
    return Number(/X509v3 CRL Number: \n\s+(\d+|0x[0-9A-F]+)/.exec(await list())?.[1] ?? 'none');
  }

  it('makes openssl refuse a certificate, and no other', async () => {
    const [good, bad] = [await issue('good.example.test'), await issue('bad.example.test')];
    assert.match(await verify(bad.chain), /OK/);

    await at.authorities.revoke('mail', bad.serial, 'keyCompromise');

    assert.match(await verify(bad.chain), /certificate revoked/);
    assert.match(await verify(good.chain), /OK/);
  });

  it('is listed under the signature of the issuing certificate, for seven days', async () => {
    const { chain } = await issue('signer.example.test');
    await verify(chain);

    const text = await list();

    const [last, next] = [...text.matchAll(/(?:Last|Next) Update: (.*)/g)].map(([, at_]) => Date.parse(at_ ?? ''));
    assert.equal((next ?? 0) - (last ?? 0), 7 * day);
    assert.equal(signature('list.crl'), 'verify OK');
    const bytes = Buffer.from(await at.authorities.crl('mail'));
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(join(folder, 'damaged.crl'), bytes);
    assert.equal(signature('damaged.crl'), 'verify failure');
  });

  for (const [reason, shown] of [
    ['unspecified', undefined],
    ['keyCompromise', 'Key Compromise'],
    ['cACompromise', 'CA Compromise'],
    ['affiliationChanged', 'Affiliation Changed'],
    ['superseded', 'Superseded'],
    ['cessationOfOperation', 'Cessation Of Operation'],
    ['privilegeWithdrawn', 'Privilege Withdrawn'],
    ['aACompromise', 'AA Compromise'],
  ] as const satisfies readonly (readonly [Reason, string | undefined])[]) {
    it(`for ${reason} stands in the list ${shown === undefined ? 'without a reason' : 'with that reason'}`, async () => {
      const { serial } = await issue(`${reason.toLowerCase()}.example.test`);

      await at.authorities.revoke('mail', serial, reason);

      const after_ = (await list()).split(`Serial Number: ${serial.toUpperCase()}`)[1]?.split('Serial Number')[0] ?? '';
      assert.match(after_, /Revocation Date/);
      assert.equal(/Reason Code: \n\s+(.*)/.exec(after_)?.[1], shown);
    });
  }

  it('is done once: again for the same reason changes nothing, and for another it is refused', async () => {
    const { serial } = await issue('once.example.test');
    const first = await at.authorities.revoke('mail', serial, 'superseded');

    assert.deepEqual(await at.authorities.revoke('mail', serial, 'superseded'), first);
    await assert.rejects(at.authorities.revoke('mail', serial, 'keyCompromise'), (error) =>
      isNamed(error, 'precondition-failed'),
    );
    await assert.rejects(at.authorities.revoke('mail', '0'.repeat(32), 'superseded'), (error) =>
      isNamed(error, 'not-found'),
    );
  });

  it('of many by two controllers at once loses none, whoever asks for the list meanwhile', async () => {
    const other = at.another();
    const issued = await Promise.all(Array.from({ length: 40 }, (_one, n) => issue(`many-${n}.example.test`)));

    await Promise.all(
      issued.flatMap(({ serial }, n) => [
        (n % 2 === 0 ? other : at.authorities).revoke('mail', serial, 'superseded'),
        (n % 3 === 0 ? other : at.authorities).crl('mail'),
      ]),
    );

    const text = await list();
    for (const { serial } of issued) assert.ok(text.includes(serial.toUpperCase()), serial);
    assert.deepEqual(await other.crl('mail'), await at.authorities.crl('mail'));
  });

  it('makes a new list with a higher number, and the old one serves until then', async () => {
    const { serial } = await issue('numbered.example.test');
    const before_ = await number();
    const kept = await at.authorities.crl('mail');
    assert.deepEqual(await at.another().crl('mail'), kept);

    await at.authorities.revoke('mail', serial, 'superseded');

    assert.notDeepEqual(await at.authorities.crl('mail'), kept);
    assert.ok((await number()) > before_);
  });

  it('makes a new list every day, and leaves out what has expired long since', async () => {
    const own = await authorities();
    const start = new Date();
    await own.authorities.create('anna', request);
    const asked = { subject: { commonName: 'brief.example.test' }, days: 2 };
    await own.authorities.issue({ authority: 'mail', profile: 'server', request: asked });
    const [brief] = await own.authorities.issued('mail', { limit: 1 });
    const serial = brief?.serial ?? '';
    await own.authorities.revoke('mail', serial, 'superseded');
    const at_ = async (days: number) => {
      own.setTime(new Date(start.getTime() + days * day));
      return Buffer.from(await own.authorities.crl('mail'));
    };

    const [first, later, next, last] = [await at_(0.1), await at_(0.9), await at_(1.2), await at_(10)];

    assert.deepEqual(later, first);
    assert.notDeepEqual(next, first);
    const bytes = Buffer.from(serial, 'hex');
    assert.deepEqual([first.includes(bytes), next.includes(bytes), last.includes(bytes)], [true, true, false]);
    await own.close();
  });

  it('of ten thousand certificates makes a list within seconds', async () => {
    const [mail] = (await at.authorities.records()).authorities;
    const issuer = readCertificatePem(mail?.issuing.pem ?? '');
    const key = createPrivateKey(await at.pki.keyPem(issuer.key));
    const now = new Date();
    const revoked = Array.from({ length: 10_000 }, (_one, n) => ({
      serial: (0x4000_0000 + n).toString(16).padEnd(32, 'f'),
      ...{ time: now, reason: 'superseded' as const, notAfter: new Date(now.getTime() + day) },
    }));

    const started = Date.now();
    const der = await revocationList({ issuer, key, number: 2 ** 40, revoked, now });

    assert.ok(Date.now() - started < 5000, `${Date.now() - started} ms`);
    writeFileSync(join(folder, 'large.crl'), der);
    writeFileSync(join(folder, 'issuing.pem'), mail?.issuing.pem ?? '');
    assert.equal(signature('large.crl'), 'verify OK');
    const [numbered] = openssl(folder, ['crl', '-inform', 'DER', '-in', 'large.crl', '-noout', '-crlnumber'])
      .toString()
      .split('\n');
    assert.equal(numbered, 'crlNumber=0x010000000000');
  });
});
