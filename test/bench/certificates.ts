/** Two certificates with their keys, made by openssl, between which the others change. */
import { X509Certificate } from 'node:crypto';

import { run } from './run.ts';

export interface Certificate {
  /** Key first, then the certificate. */
  readonly pem: string;
  readonly fingerprint: string;
}

export async function certificatePair(): Promise<readonly [Certificate, Certificate]> {
  return [await create(), await create()];
}

async function create(): Promise<Certificate> {
  const names = ['-subj', '/CN=mail.example.test', '-addext', 'subjectAltName=DNS:mail.example.test'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-keyout', '-'];
  const pem = await run('openssl', ['req', '-x509', ...key, ...names]);
  const { fingerprint256 } = new X509Certificate(pem.slice(pem.indexOf('-----BEGIN CERTIFICATE')));
  return { pem, fingerprint: fingerprint256.replaceAll(':', '').toLowerCase() };
}
