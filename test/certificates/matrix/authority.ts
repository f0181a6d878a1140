/** A certificate authority as OpenSSL makes one, with as many intermediates as wanted, and a certificate from it or from nobody. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { CertificateAdded, SigningRequestMade } from '../../../services/schema/types.generated.ts';
import { issue, openssl, texts } from '../../pki/openssl.ts';
import { issuances, type Cell } from './cells.ts';

/** Makes `ca0` (the root) to `ca<intermediates>` in `folder`, each with .key and .pem and signed by the one before. */
export function makeAuthority(folder: string, intermediates: number): void {
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  writeFileSync(join(folder, 'authority.ext'), 'basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign\n');
  for (let level = 0; level <= intermediates; level += 1) {
    const name = `ca${level}`;
    const files = ['-keyout', `${name}.key`, '-subj', `/O=Matrix/CN=Authority ${level} of ${intermediates}`];
    const usage = ['-addext', 'keyUsage=critical,keyCertSign'];
    if (level === 0) openssl(folder, ['req', '-x509', ...newKey, ...files, ...usage, '-days', '30', '-out', 'ca0.pem']);
    else {
      openssl(folder, ['req', ...newKey, ...files, '-out', `${name}.csr`]);
      issue(folder, name, `ca${level - 1}`, ['-out', `${name}.pem`, '-days', '20', '-extfile', 'authority.ext']);
    }
  }
}

/** Posts to a path below /api/v1 and returns the answer. */
export type Post = <T>(path: string, body: unknown) => Promise<T>;

export interface Certified {
  readonly key: string;
  readonly chain: string;
}

/**
 * Lets Signet make the certificate of a cell at cluster level, in the draft, with `folder` for the authority. Afterwards
 * `trusted.pem` there is what verifies it.
 */
export async function certify(post: Post, folder: string, name: string, cell: Cell): Promise<Certified> {
  const place = `/certificates/cluster/${name}`;
  const hostname = `${name}.example.test`;
  const wanted = { key: cell.kind, subject: { commonName: hostname }, alternativeNames: { dns: [hostname] } };
  const intermediates = issuances[cell.issuance];
  if (intermediates === undefined) {
    const { certificate } = await post<CertificateAdded>(place, { create: wanted });
    const { certificates } = await post<{ readonly certificates: string }>(`${place}/key`, { clear: true });
    writeFileSync(join(folder, 'trusted.pem'), certificates);
    return certificate;
  }
  makeAuthority(folder, intermediates);
  writeFileSync(join(folder, 'trusted.pem'), texts(folder, 'ca0.pem'));
  const { request } = await post<SigningRequestMade>(`${place}/requests`, wanted);
  writeFileSync(join(folder, 'leaf.csr'), request.pem);
  writeFileSync(join(folder, 'leaf.ext'), `subjectAltName=DNS:${hostname}\nextendedKeyUsage=serverAuth,clientAuth\n`);
  issue(folder, 'leaf', `ca${intermediates}`, ['-out', 'leaf.pem', '-days', '10', '-extfile', 'leaf.ext']);
  const authorities = Array.from({ length: intermediates + 1 }, (_, level) => `ca${level}.pem`);
  const files = [...authorities, 'leaf.pem'].map((file) => Buffer.from(texts(folder, file)).toString('base64'));
  const { certificate } = await post<CertificateAdded>(`${place}/answers`, { files });
  return certificate;
}
