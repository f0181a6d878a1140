import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { isNamed } from '../../services/errors.ts';
import { readAnswer } from '../../services/pki/answer.ts';
import { readCertificatePem } from '../../services/pki/certificate.ts';
import { requestOf } from '../../services/pki/requests/renewed.ts';
import { signingRequests, type Asking, type SigningRequests } from '../../services/pki/requests/service.ts';
import { keys } from '../../services/store/keys.ts';
import { installation, type Installation } from './installation.ts';
import { makeHierarchy, openssl, removeFolder, temporaryFolder, texts, withoutOpenssl } from './openssl.ts';

describe('signing requests', { skip: withoutOpenssl }, () => {
  const folder = temporaryFolder();
  let at: Installation;
  let requests: SigningRequests;
  before(async () => {
    makeHierarchy(folder, 'ec');
    at = await installation();
    requests = signingRequests({ ...at, now: () => new Date() });
  });
  after(async () => {
    await at.close();
    removeFolder(folder);
  });

  const request = {
    subject: {
      ...{ country: 'NL', state: 'Gelderland', locality: 'Arnhem', organization: 'Testbedrijf Größe' },
      ...{ organizationalUnit: 'Post', commonName: 'mx.example.test', emailAddress: 'post@example.test' },
    },
    alternativeNames: { dns: ['mx1.example.test', '*.example.test'], ip: ['198.18.0.1', '2001:db8::1'] },
  };
  const asking = (key: Asking['key']): Asking => ({ author: 'ann', level: 'cluster', name: 'mx', request, key });

  /** Signs a request as an authority would, and returns the certificate in PEM. */
  function signed(pem: string, ...options: readonly string[]): string {
    writeFileSync(join(folder, 'made.csr'), pem);
    const issuer = ['-CA', 'intermediate.pem', '-CAkey', 'intermediate.key', '-copy_extensions', 'copy'];
    return openssl(folder, ['x509', '-req', '-in', 'made.csr', ...issuer, '-days', '20', ...options]).toString();
  }

  for (const kind of ['ec-p256', 'ec-p384', 'rsa-2048'] as const) {
    it(`of a new ${kind} key hold what was asked for, are signed by it, and the key is sealed`, async () => {
      const { record, findings } = await requests.ask(asking(await at.pki.makeKey(kind)));

      writeFileSync(join(folder, 'request.pem'), record.pem);
      const text = openssl(folder, [
        'req',
        '-in',
        'request.pem',
        '-verify',
        '-noout',
        '-text',
        '-nameopt',
        'utf8,sep_comma_plus',
      ]);
      assert.match(
        text.toString(),
        /Subject: C=NL,ST=Gelderland,L=Arnhem,O=Testbedrijf Größe,OU=Post,CN=mx\.example\.test,emailAddress=post@example\.test\n/,
      );
      assert.match(
        text.toString(),
        /DNS:mx\.example\.test, DNS:mx1\.example\.test, DNS:\*\.example\.test, IP Address:198\.18\.0\.1, IP Address:2001:DB8:0:0:0:0:0:1\n/,
      );
      assert.deepEqual(
        findings.map(({ rule }) => rule),
        ['common-name-added'],
      );
      const half = openssl(folder, ['req', '-in', 'request.pem', '-pubkey', '-noout']).toString();
      assert.ok(createPublicKey(await at.pki.keyPem(record.key)).equals(createPublicKey(half)));
      assert.deepEqual(
        await at.store.range(keys.chains).then(({ entries }) => entries),
        [],
        'no throw-away certificate',
      );
    });
  }

  it('are the same in DER', async () => {
    const { record } = await requests.ask(asking(await at.pki.makeKey('ec-p256')));

    writeFileSync(join(folder, 'request.pem'), record.pem);
    const der = openssl(folder, ['req', '-in', 'request.pem', '-outform', 'der']);
    assert.equal(record.pem.replaceAll(/-----[^-]+-----|\s/g, ''), der.toString('base64'));
  });

  it('of a key of another curve are signed with it', async () => {
    openssl(folder, ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-521', '-out', 'p521.key']);
    openssl(folder, ['req', '-x509', '-key', 'p521.key', '-subj', '/CN=p521', '-out', 'p521.pem']);
    const { binding } = await at.pki.importPem(texts(folder, 'p521.key', 'p521.pem'));

    const { record } = await requests.ask(asking(binding.key));

    writeFileSync(join(folder, 'request.pem'), record.pem);
    assert.match(
      openssl(folder, ['req', '-in', 'request.pem', '-verify', '-noout', '-text']).toString(),
      /ecdsa-with-SHA512/,
    );
  });

  it('of a key that is not held are refused', async () => {
    await assert.rejects(requests.ask(asking('0'.repeat(64))), (error) => isNamed(error, 'not-found'));
  });

  it('of one key replace each other', async () => {
    const { record } = await requests.ask(asking(await at.pki.makeKey('ec-p256')));
    const other = { ...asking(record.key), request: { subject: { commonName: 'other.example.test' } } };

    await requests.ask(other);

    const kept = (await requests.list()).filter(({ key }) => key === record.key);
    assert.deepEqual(
      kept.map((one) => one.request),
      [other.request],
    );
  });

  it('are answered by a chain, which is kept unless it is only checked', async () => {
    const { record } = await requests.ask(asking(await at.pki.makeKey('ec-p256')));
    const { certificates } = readAnswer([
      readFileSync(join(folder, 'root.pem')),
      readFileSync(join(folder, 'intermediate.pem')),
      Buffer.from(signed(record.pem)),
    ]);

    const checked = await requests.answer(record.key, certificates, true);
    const before_ = await at.pki.facts([checked.binding.chain]);
    const { binding, findings } = await requests.answer(record.key, certificates, false);

    assert.equal(before_.size, 0);
    assert.deepEqual(binding, checked.binding);
    assert.deepEqual(
      findings.map(({ rule }) => rule),
      ['order', 'root-included'],
    );
    assert.equal((await at.pki.chain(binding.chain)).length, 2);
    writeFileSync(join(folder, 'chain.pem'), (await at.pki.chain(binding.chain)).join(''));
    openssl(folder, ['verify', '-CAfile', 'root.pem', '-untrusted', 'chain.pem', 'chain.pem']);
  });

  it('take their key with them when they are withdrawn, unless a certificate of it was kept', async () => {
    const [made, answered] = [await at.pki.makeKey('ec-p256'), await at.pki.makeKey('ec-p256')];
    const { record: unused } = await requests.ask(asking(made));
    const { record: used } = await requests.ask(asking(answered));
    await requests.answer(used.key, readAnswer([Buffer.from(signed(used.pem))]).certificates, false);

    for (const { key } of [unused, used]) await requests.withdraw(key);

    assert.equal(await at.secrets.has(unused.key), false);
    assert.equal(await at.secrets.has(used.key), true);
    await assert.rejects(requests.withdraw(unused.key), (error) => isNamed(error, 'not-found'));
  });

  it('that are withdrawn while the answer is being read keep nothing of it', async () => {
    const { record } = await requests.ask(asking(await at.pki.makeKey('ec-p256')));
    const { certificates } = readAnswer([Buffer.from(signed(record.pem))]);
    const slow = signingRequests({
      ...at,
      now: () => new Date(),
      store: {
        ...at.store,
        // Whatever the answer writes comes after the request is gone.
        transact: async (transaction) => {
          await requests.withdraw(record.key);
          return at.store.transact(transaction);
        },
      },
    });

    await assert.rejects(slow.answer(record.key, certificates, false), (error) => isNamed(error, 'store-conflict'));

    assert.equal(await at.secrets.has(record.key), false);
  });

  it('for the next certificate take over what the present one says, and name what they cannot', () => {
    writeFileSync(
      join(folder, 'full.ext'),
      'subjectAltName=DNS:a.example.test,IP:198.18.0.7,email:post@example.test,URI:https://example.test\n',
    );
    const subject = '/C=NL/O=Test/OU=one/OU=two/serialNumber=12/CN=a.example.test';
    openssl(folder, ['req', '-new', '-key', 'leaf.key', '-subj', subject, '-out', 'full.csr']);
    const signer = ['-CA', 'root.pem', '-CAkey', 'root.key', '-extfile', 'full.ext'];
    const pem = openssl(folder, ['x509', '-req', '-in', 'full.csr', ...signer]).toString();

    const { request: next, findings } = requestOf(readCertificatePem(pem));

    assert.deepEqual(next, {
      subject: { country: 'NL', organization: 'Test', organizationalUnit: 'one', commonName: 'a.example.test' },
      alternativeNames: { dns: ['a.example.test'], ip: ['198.18.0.7'], email: ['post@example.test'] },
    });
    assert.deepEqual(
      findings.map(({ rule, detail }) => [rule, detail.split(' of ')[0]]),
      [
        ['subject-reduced', 'OU=two'],
        ['subject-reduced', '2.5.4.5=12'],
        ['subject-reduced', 'url:https://example.test'],
      ],
    );
  });

  it('for a certificate without a common name are for its first host name', () => {
    writeFileSync(join(folder, 'nobody.ext'), 'subjectAltName=DNS:b.example.test\n');
    openssl(folder, ['req', '-new', '-key', 'leaf.key', '-subj', '/', '-out', 'nobody.csr']);
    const signer = ['-CA', 'root.pem', '-CAkey', 'root.key', '-extfile', 'nobody.ext'];
    const pem = openssl(folder, ['x509', '-req', '-in', 'nobody.csr', ...signer]).toString();

    assert.equal(requestOf(readCertificatePem(pem)).request.subject.commonName, 'b.example.test');
  });
});
