/** Every kind of key, every way to be issued, through PKCS#12 out to every program and back in. */
import assert from 'node:assert/strict';
import { createHash, createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import type { CertificateAdded, Pkcs12File, PrivateKey } from '../../../services/schema/types.generated.ts';
import { running, type Running } from '../../api/running.ts';
import { openssl, removeFolder, temporaryFolder, withoutOpenssl } from '../../pki/openssl.ts';
import { certify, type Certified } from './authority.ts';
import { cells, type Form } from './cells.ts';
import { tools } from './tools.ts';

const whole = process.env['SIGNET_TEST'] === 'full';
const password = 'correct horse';

for (const [number, cell] of cells(whole).entries()) {
  describe(`a certificate of ${cell.kind}, ${cell.issuance}`, { skip: withoutOpenssl }, () => {
    const folder = temporaryFolder();
    const name = `mx${number}`;
    const place = `/certificates/cluster/${name}`;
    let api: Running, bound: Certified, plain: PrivateKey, certificates: readonly X509Certificate[];

    before(async () => {
      api = await running();
      bound = await certify(post, folder, name, cell);
      plain = await post(`${place}/key`, { clear: true });
      certificates = certificatesIn(plain.certificates);
    });
    after(async () => {
      await api.close();
      removeFolder(folder);
    });

    it('is verified by openssl over the chain that Signet keeps', () => {
      const [leaf, ...issuers] = certificates.map(String);
      writeFileSync(join(folder, 'leaf.pem'), leaf ?? '');
      writeFileSync(join(folder, 'issuers.pem'), issuers.join(''));
      const untrusted = issuers.length > 0 ? ['-untrusted', 'issuers.pem'] : [];
      const checks = ['-x509_strict', '-purpose', 'sslserver', '-verify_hostname', `${name}.example.test`];

      const said = openssl(folder, ['verify', ...checks, '-CAfile', 'trusted.pem', ...untrusted, 'leaf.pem']);

      assert.equal(said.toString(), 'leaf.pem: OK\n');
    });

    for (const [title, tool] of Object.entries(tools)) {
      for (const form of cell.forms) {
        it(`opens in ${title}, and imports as ${title} writes it, ${form}`, { skip: tool.missing }, async () => {
          const at = mkdtempSync(join(folder, 'exchange-'));
          const file = await post<Pkcs12File>(`${place}/pkcs12`, { password, legacy: form === 'legacy' });
          writeFileSync(join(at, 'in.p12'), Buffer.from(file.pkcs12, 'base64'));

          tool.rewrite({ folder: at, password, friendlyName: name, form });

          assert.deepEqual(contents(at, form), { key: bound.key, certificates: certificates.map(fingerprint).sort() });
          const pkcs12 = readFileSync(join(at, 'out.p12')).toString('base64');
          const { certificate } = await post<CertificateAdded>('/certificates/cluster/back', { pkcs12, password });
          assert.deepEqual([certificate.key, certificate.chain], [bound.key, bound.chain]);
        });
      }
    }

    async function post<T>(path: string, body: unknown): Promise<T> {
      const answer = await api.ask(`POST ${path}`, { body });
      assert.ok(answer.status < 300, answer.text);
      return answer.body as T;
    }
  });
}

/** What `out.p12` holds, as openssl reads it. */
function contents(folder: string, form: Form): { readonly key: string; readonly certificates: readonly string[] } {
  const options = ['-passin', `pass:${password}`, '-nodes', ...(form === 'legacy' ? ['-legacy'] : [])];
  const text = openssl(folder, ['pkcs12', '-in', 'out.p12', ...options]).toString();
  const spki = createPublicKey(createPrivateKey(text)).export({ format: 'der', type: 'spki' });
  return {
    key: createHash('sha256').update(spki).digest('hex'),
    certificates: certificatesIn(text).map(fingerprint).sort(),
  };
}

function certificatesIn(text: string): readonly X509Certificate[] {
  return (text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g) ?? []).map(
    (pem) => new X509Certificate(pem),
  );
}

function fingerprint({ fingerprint256 }: X509Certificate): string {
  return fingerprint256;
}
