/** Certificates for probes to find fault with, made by the real openssl: root, outer, inner, leaf, and others that are wrong in one way each. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { algorithms, issue, openssl } from '../../pki/openssl.ts';

export const hostname = 'mx.example.test';

/** The certificates that are there, by what they are. */
export type Made =
  | 'root'
  | 'outer'
  | 'inner'
  | 'leaf'
  | 'short-inner'
  | 'under-short'
  | 'other-name'
  | 'own'
  | 'stranger'
  | 'expired'
  | 'expired-inner'
  | 'under-expired';

const newKey = ['-newkey', ...algorithms.ec, '-nodes'];

/** Makes all of them in `folder`, each as NAME.pem and NAME.key: the roots for 60 days, the rest for 50, short-inner for 2; what is expired ended a day before it began. */
export function makeChains(folder: string): void {
  writeFileSync(join(folder, 'authority.ext'), 'basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign\n');
  writeFileSync(join(folder, 'leaf.ext'), `subjectAltName=DNS:${hostname}\nextendedKeyUsage=serverAuth\n`);
  writeFileSync(join(folder, 'other.ext'), 'subjectAltName=DNS:other.example.test\n');
  for (const [name, subject] of [
    ['root', '/O=Test/CN=root'],
    ['stranger', '/O=Test/CN=stranger'],
    ['own', `/CN=${hostname}`],
  ] as const) {
    const names = name === 'own' ? ['-addext', `subjectAltName=DNS:${hostname}`] : [];
    const out = ['-keyout', `${name}.key`, '-out', `${name}.pem`, '-subj', subject, '-days', '60'];
    openssl(folder, ['req', '-x509', ...newKey, ...out, ...names]);
  }
  for (const [name, issuer, extensions, days] of [
    ['outer', 'root', 'authority.ext', 50],
    ['inner', 'outer', 'authority.ext', 50],
    ['short-inner', 'outer', 'authority.ext', 2],
    ['leaf', 'inner', 'leaf.ext', 50],
    ['under-short', 'short-inner', 'leaf.ext', 50],
    ['other-name', 'inner', 'other.ext', 50],
    ['expired', 'inner', 'leaf.ext', -1],
    ['expired-inner', 'outer', 'authority.ext', -1],
    ['under-expired', 'expired-inner', 'leaf.ext', 50],
  ] as const) {
    const out = ['-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/O=Test/CN=${name}`];
    openssl(folder, ['req', ...newKey, ...out]);
    issue(folder, name, issuer, ['-out', `${name}.pem`, '-days', String(days), '-extfile', extensions]);
  }
}

export function pemOf(folder: string, name: Made): string {
  return readFileSync(join(folder, `${name}.pem`), 'utf8');
}

/** A private key and certificates as Postfix reads them (postconf smtpd_tls_chain_files). */
export function chainFile(folder: string, leaf: Made, ...issuers: readonly Made[]): string {
  const key = readFileSync(join(folder, `${leaf}.key`), 'utf8');
  return [key, ...[leaf, ...issuers].map((name) => pemOf(folder, name))].join('');
}
