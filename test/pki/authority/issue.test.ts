import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { isNamed } from '../../../services/errors.ts';
import type { KeyKind } from '../../../services/pki/keys.ts';
import { keyId } from '../../../services/pki/keys.ts';
import { openssl, removeFolder, temporaryFolder, texts, withoutOpenssl } from '../openssl.ts';
import { authorities, request, type Authorities } from './installation.ts';

const day = 86_400_000;
const leaf = { subject: { commonName: 'mx1.example.test' }, alternativeNames: { dns: ['mail.example.test'] } };

describe('an authority', { skip: withoutOpenssl }, () => {
  let at: Authorities;
  const folder = temporaryFolder();
  before(async () => {
    at = await authorities();
    await at.authorities.create('anna', request);
    const { bundle } = await at.authorities.show('mail');
    writeFileSync(join(folder, 'root.pem'), await at.pki.bundle(bundle));
  });
  after(async () => {
    await at.close();
    removeFolder(folder);
  });

  /** What openssl says of a chain for a purpose, strictly. */
  async function verify(chain: string, purpose: string): Promise<string> {
    const [certificate = '', issuing = ''] = await at.pki.chain(chain);
    return verifyPem(certificate, issuing, purpose);
  }
  function verifyPem(certificate: string, issuing: string, purpose: string): string {
    writeFileSync(join(folder, 'leaf.pem'), certificate);
    writeFileSync(join(folder, 'issuing.pem'), issuing);
    const options = ['-x509_strict', '-purpose', purpose, '-CAfile', 'root.pem', '-untrusted', 'issuing.pem'];
    try {
      return openssl(folder, ['verify', ...options, 'leaf.pem']).toString();
    } catch (error) {
      return String((error as { readonly stderr: Buffer }).stderr);
    }
  }

  for (const { profile, allowed, refused } of [
    { profile: 'server', allowed: ['sslserver'], refused: ['sslclient'] },
    { profile: 'client', allowed: ['sslclient'], refused: ['sslserver'] },
    { profile: 'both', allowed: ['sslserver', 'sslclient'], refused: [] },
  ] as const) {
    it(`issues for the profile ${profile}, and openssl takes it for that alone`, async () => {
      const { binding, facts } = await at.authorities.issue({ authority: 'mail', profile, request: leaf });

      for (const purpose of allowed) assert.match(await verify(binding.chain, purpose), /leaf.pem: OK/);
      for (const purpose of refused)
        assert.match(await verify(binding.chain, purpose), /unsuitable certificate purpose/);
      assert.deepEqual(facts.names, ['mx1.example.test', 'mail.example.test']);
      assert.equal(keyId(createPrivateKey(await at.pki.keyPem(binding.key))), binding.key);
    });
  }

  it('has a root that allows one authority below it, and an issuing certificate that allows none', async () => {
    const { binding } = await at.authorities.issue({ authority: 'mail', profile: 'server', request: leaf });
    writeFileSync(join(folder, 'below.pem'), (await at.pki.chain(binding.chain))[1] ?? '');

    const text = (file: string) => openssl(folder, ['x509', '-in', file, '-noout', '-text']).toString();

    assert.match(text('root.pem'), /CA:TRUE, pathlen:1[^]*Certificate Sign, CRL Sign/);
    assert.match(text('below.pem'), /CA:TRUE, pathlen:0[^]*Certificate Sign, CRL Sign/);
    const { root, issuing } = await at.authorities.show('mail');
    assert.equal(root.subject, 'C=NL, O=Example, CN=Example Mail CA');
    assert.equal(issuing.subject, 'C=NL, O=Example, CN=Example Mail CA Issuing');
    const days = ({ notAfter }: { readonly notAfter: string }) =>
      Math.round((new Date(notAfter).getTime() - Date.now()) / day);
    assert.deepEqual([days(root), days(issuing)], [3650, 1095]);
  });

  for (const kind of ['ec-p256', 'rsa-2048'] as const satisfies readonly KeyKind[]) {
    it(`with keys of the kind ${kind} issues and lists what it took back`, async () => {
      const { bundle } = await at.authorities.create('anna', { ...request, name: kind, key: kind });
      const { binding } = await at.authorities.issue({ authority: kind, profile: 'both', request: leaf });
      writeFileSync(join(folder, `${kind}.pem`), await at.pki.bundle(bundle));
      writeFileSync(join(folder, `${kind}.crl`), await at.authorities.crl(kind));
      const [certificate = '', issuing = ''] = await at.pki.chain(binding.chain);
      writeFileSync(join(folder, 'leaf.pem'), certificate);
      writeFileSync(join(folder, 'issuing.pem'), issuing);

      const files = ['-CAfile', `${kind}.pem`, '-untrusted', 'issuing.pem', '-CRLfile', `${kind}.crl`];
      const verified = openssl(folder, ['verify', '-x509_strict', '-crl_check', ...files, 'leaf.pem']).toString();

      assert.match(verified, /leaf.pem: OK/);
    });
  }

  it('issues for a key that is there already', async () => {
    const first = await at.authorities.issue({ authority: 'mail', profile: 'server', request: leaf });
    const key = createPrivateKey(await at.pki.keyPem(first.binding.key));

    const second = await at.authorities.issue({ authority: 'mail', profile: 'server', request: leaf, key });

    assert.equal(second.binding.key, first.binding.key);
    assert.notEqual(second.binding.chain, first.binding.chain);
    assert.match(await verify(second.binding.chain, 'sslserver'), /OK/);
  });

  it('remembers what it issued and for what, by the chain', async () => {
    const { binding } = await at.authorities.issue({ authority: 'mail', profile: 'client', request: leaf });
    const stranger = await at.pki.create(leaf);

    const issued = await at.authorities.issuedAs(binding.chain);

    assert.deepEqual([issued?.authority, issued?.profile, issued?.request], ['mail', 'client', leaf]);
    assert.equal(await at.authorities.issuedAs(stranger.binding.chain), undefined);
  });

  it('issues nothing that outlives its issuing certificate, and says so', async () => {
    await at.authorities.create('anna', { ...request, name: 'short', days: 30 });

    const { facts, findings } = await at.authorities.issue({ authority: 'short', profile: 'server', request: leaf });

    const { issuing } = await at.authorities.show('short');
    assert.equal(facts.notAfter.toISOString(), issuing.notAfter);
    assert.match(findings.at(-1)?.detail ?? '', /not for 397 days, since its issuer expires then/);
  });

  it('names where its revocation list is when it was told, and nothing otherwise', async () => {
    const crlUrl = 'http://pki.example.test/signet/';
    await at.authorities.create('anna', { ...request, name: 'listed', crlUrl });
    const names = async (authority: string) => {
      const { binding } = await at.authorities.issue({ authority, profile: 'server', request: leaf });
      writeFileSync(join(folder, 'named.pem'), (await at.pki.chain(binding.chain))[0] ?? '');
      return openssl(folder, ['x509', '-in', 'named.pem', '-noout', '-text']).toString();
    };

    assert.match(await names('listed'), /URI:http:\/\/pki.example.test\/signet\/crl\/listed.crl/);
    assert.doesNotMatch(await names('mail'), /CRL Distribution/);
  });

  it('renews its issuing certificate for the same key, and what was issued before verifies under it', async () => {
    const { binding } = await at.authorities.issue({ authority: 'mail', profile: 'server', request: leaf });
    const before_ = await at.authorities.show('mail');

    const renewed = await at.authorities.renew('mail', { days: 2000 });

    assert.equal(renewed.issuing.key, before_.issuing.key);
    assert.ok(renewed.issuing.notAfter > before_.issuing.notAfter);
    const next = await at.authorities.issue({ authority: 'mail', profile: 'server', request: leaf });
    const [old = ''] = await at.pki.chain(binding.chain);
    const [young = '', issuing = ''] = await at.pki.chain(next.binding.chain);
    assert.equal(
      new X509Certificate(issuing).fingerprint256.replaceAll(':', '').toLowerCase(),
      renewed.issuing.fingerprint,
    );
    assert.match(verifyPem(young, issuing, 'sslserver'), /OK/);
    assert.match(verifyPem(old, issuing, 'sslserver'), /OK/);
  });

  it('keeps neither key in clear', async () => {
    const { root, issuing } = await at.authorities.show('mail');
    const lines = await Promise.all(
      [root.key, issuing.key].map(async (id) => (await at.pki.keyPem(id)).split('\n').slice(1, -2)),
    );

    const { entries } = await at.store.range('');

    const everything = entries.map(({ value }) => value).join('\n');
    for (const line of lines.flat()) assert.ok(!everything.includes(line));
  });

  it('issues two hundred certificates within seconds, each with a serial number of its own', async () => {
    const started = Date.now();

    const issued = await Promise.all(
      Array.from({ length: 200 }, (_one, n) =>
        at.authorities.issue({
          authority: 'mail',
          profile: 'client',
          request: { subject: { commonName: `client-${n}.example.test` } },
        }),
      ),
    );

    assert.ok(Date.now() - started < 20_000, `${Date.now() - started} ms`);
    const chains = await Promise.all(issued.map(async ({ binding }) => (await at.pki.chain(binding.chain))[0] ?? ''));
    const serials = chains.map((pem) => new X509Certificate(pem).serialNumber);
    assert.equal(new Set(serials).size, 200);
    assert.ok(serials.every((serial) => serial.length === 32 && /^[4-7]/.test(serial)));
  });

  it('pages through what it issued', async () => {
    await at.authorities.create('anna', { ...request, name: 'paged' });
    for (let n = 0; n < 3; n += 1) await at.authorities.issue({ authority: 'paged', profile: 'server', request: leaf });

    const first = await at.authorities.issued('paged', { limit: 2 });
    const rest = await at.authorities.issued('paged', { after: first[1]?.serial ?? '', limit: 2 });

    assert.deepEqual([first.length, rest.length], [2, 1]);
    assert.equal(new Set([...first, ...rest].map(({ serial }) => serial)).size, 3);
  });

  describe('refuses', () => {
    it('a name that is taken, also when two ask at once', async () => {
      const named = { ...request, name: 'twice' };

      const both = await Promise.allSettled([at.authorities.create('anna', named), at.another().create('bob', named)]);

      const [lost] = both.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
      assert.ok(isNamed(lost, 'already-exists'), String(lost));
      assert.equal(both.filter(({ status }) => status === 'fulfilled').length, 1);
      await assert.rejects(at.authorities.create('anna', named), (error) => isNamed(error, 'already-exists'));
    });

    it('a common name that leaves no room for that of its issuing certificate', async () => {
      const subject = { commonName: 'x'.repeat(56) };

      await assert.rejects(at.authorities.create('anna', { name: 'long', subject }), (error) =>
        isNamed(error, 'invalid-input'),
      );
    });

    it('to do anything for an authority that there is not', async () => {
      const none = 'none';
      for (const call of [
        () => at.authorities.show(none),
        () => at.authorities.renew(none),
        () => at.authorities.issue({ authority: none, profile: 'server', request: leaf }),
        () => at.authorities.issued(none, { limit: 1 }),
        () => at.authorities.revoke(none, '0'.repeat(32), 'superseded'),
        () => at.authorities.crl(none),
      ]) {
        await assert.rejects(call, (error) => isNamed(error, 'not-found'));
      }
    });

    it('to issue once its issuing certificate has expired, until that is renewed, and to renew once the root has', async () => {
      const own = await authorities();
      await own.authorities.create('anna', { ...request, days: 30, rootDays: 60 });
      const issue = () => own.authorities.issue({ authority: 'mail', profile: 'server', request: leaf });
      const expired = (what: RegExp) => (error: unknown) =>
        isNamed(error, 'precondition-failed') && what.test(error.message);

      own.setTime(new Date(Date.now() + 31 * day));
      await assert.rejects(issue, expired(/CN=Example Mail CA Issuing .* expired on .*signet authority renew mail/));
      await own.authorities.renew('mail');
      const { facts } = await issue();
      own.setTime(new Date(Date.now() + 61 * day));

      await assert.rejects(own.authorities.renew('mail'), expired(/CN=Example Mail CA of .* make a new authority/));
      assert.equal(facts.notAfter.toISOString(), (await own.authorities.show('mail')).root.notAfter);
      await own.close();
    });
  });
});

describe('a signing request made elsewhere', { skip: withoutOpenssl }, () => {
  let at: Authorities;
  const folder = temporaryFolder();
  before(async () => {
    at = await authorities();
    await at.authorities.create('anna', request);
  });
  after(async () => {
    await at.close();
    removeFolder(folder);
  });

  function csr(
    options: readonly string[],
    key: readonly string[] = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  ): string {
    const args = ['-new', '-newkey', ...key, '-nodes', '-keyout', 'host.key', '-out', 'host.csr'];
    openssl(folder, ['req', ...args, ...options]);
    return texts(folder, 'host.csr');
  }

  it('is signed for its subject and names, and for nothing else that it asks for', async () => {
    const asked = [
      'subjectAltName=DNS:Host.example.test,IP:198.18.0.9,URI:http://x.example.test',
      'basicConstraints=CA:TRUE',
    ];
    const text = csr(['-subj', '/O=Example/CN=host.example.test', ...asked.flatMap((one) => ['-addext', one])]);

    const { certificate, pem, findings } = await at.authorities.sign('mail', {
      csr: text,
      profile: 'client',
      days: 10,
    });

    writeFileSync(join(folder, 'signed.pem'), pem);
    const shown = openssl(folder, ['x509', '-in', 'signed.pem', '-noout', '-text']).toString();
    assert.match(shown, /CA:FALSE/);
    assert.match(shown, /DNS:host.example.test, IP Address:198.18.0.9\n/);
    assert.match(shown, /Extended Key Usage: \n\s+TLS Web Client Authentication\n/);
    assert.match(findings.map(({ detail }) => detail).join(), /http:\/\/x.example.test \(url\) was left out/);
    assert.equal(certificate.subject, 'O=Example, CN=host.example.test');
    const ofKey = openssl(folder, ['pkey', '-in', 'host.key', '-pubout']);
    assert.deepEqual(openssl(folder, ['x509', '-in', 'signed.pem', '-noout', '-pubkey']), ofKey);
    assert.equal(certificate.request, undefined);
  });

  for (const { what, make, code, message } of [
    { what: 'is none', make: () => 'nothing', code: 'bad-certificate', message: /nothing in the text is marked/ },
    {
      what: 'comes twice',
      make: () => csr(['-subj', '/CN=a.example.test']).repeat(2),
      code: 'bad-certificate',
      message: /is not alone/,
    },
    {
      what: 'cannot be read',
      make: () => '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n',
      code: 'bad-certificate',
      message: /cannot be read/,
    },
    {
      what: 'was changed after it was signed',
      make: () => changed(csr(['-subj', '/CN=a.example.test'])),
      code: 'bad-certificate',
      message: /is not signed by the key it names/,
    },
    {
      what: 'has a weak key',
      make: () => csr(['-subj', '/CN=a.example.test'], ['rsa:1024']),
      code: 'bad-certificate',
      message: /a key that many peers refuse/,
    },
    {
      what: 'has no common name',
      make: () => csr(['-subj', '/O=Example']),
      code: 'bad-certificate',
      message: /names nobody/,
    },
    {
      what: 'has a name that is none',
      make: () => csr(['-subj', '/CN=a.example.test', '-addext', 'subjectAltName=DNS:a b']),
      code: 'invalid-input',
      message: /the signing request is not valid: \/alternativeNames\/dns\/0/,
    },
  ] as const) {
    it(`that ${what} is refused`, async () => {
      await assert.rejects(at.authorities.sign('mail', { csr: make(), profile: 'server' }), (error: unknown) => {
        assert.ok(isNamed(error, code), String(error));
        assert.match(error.message, message);
        return true;
      });
      assert.deepEqual(
        (await at.authorities.issued('mail', { limit: 10 })).filter(({ names }) => names.includes('a.example.test')),
        [],
      );
    });
  }
});

/** The request with another host name under the same signature. */
function changed(pem: string): string {
  const der = Buffer.from(pem.replaceAll(/-----.*-----|\n/g, ''), 'base64');
  const at = der.indexOf('a.example.test');
  der.write('b', at);
  return `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
}
