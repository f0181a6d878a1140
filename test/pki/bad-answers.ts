/** What people upload by mistake as the answer of an authority, or as a trust list, each with the error it must get. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ErrorCode } from '../../services/errors.ts';
import { block, der, lines } from './bad-inputs.ts';
import { issue, openssl, texts } from './openssl.ts';

export interface BadFiles {
  readonly name: string;
  readonly code: ErrorCode;
  readonly reason?: string;
  /** `folder` holds what `makeHierarchy` made. */
  readonly files: (folder: string) => readonly (string | Uint8Array)[];
}

/** For the key of the leaf. */
export const badAnswers: readonly BadFiles[] = [
  bad('an empty file', 'unreadable-answer', () => ['']),
  bad('a letter', 'unreadable-answer', () => ['Dear customer, your order is being processed.']),
  bad('a web page', 'unreadable-answer', () => ['<!doctype html><title>Session expired</title>']),
  bad('a mebibyte of zeros', 'unreadable-answer', () => [Buffer.alloc(1024 * 1024)]),
  bad('a mebibyte that begins like DER', 'unreadable-certificate', () => [
    Buffer.concat([Buffer.from('3083fffff0', 'hex'), randomBytes(900_000)]),
  ]),
  bad('ten mebibytes of garbage', 'too-large', () => [randomBytes(10 * 1024 * 1024)], 'invalid-input'),
  bad(
    'many files that are too large together',
    'too-large',
    (folder) => [...[texts(folder, 'leaf.pem')], ...Array.from({ length: 30 }, () => Buffer.alloc(40_000))],
    'invalid-input',
  ),
  bad('sequences nested without end', 'unreadable-certificate', () => [Buffer.from('3080'.repeat(20_000), 'hex')]),
  bad('the request that was sent', 'no-certificate', (folder) => [texts(folder, 'leaf.csr')]),
  bad('the request that was sent, in DER', 'unreadable-certificate', (folder) => [
    openssl(folder, ['req', '-in', 'leaf.csr', '-outform', 'der']),
  ]),
  bad('the private key beside its certificate', 'private-key', (folder) => [texts(folder, 'leaf.pem', 'leaf.key')]),
  bad('a PKCS#12 file', 'unreadable-certificate', (folder) => {
    const input = ['-inkey', 'leaf.key', '-in', 'leaf.pem', '-passout', 'pass:x'];
    return [openssl(folder, ['pkcs12', '-export', ...input])];
  }),
  bad('half a certificate in DER', 'unreadable-certificate', (folder) => [half(der(folder, 'leaf.pem'))]),
  bad('bytes behind a certificate in DER', 'unreadable-certificate', (folder) => [
    Buffer.concat([der(folder, 'leaf.pem'), Buffer.from('\n')]),
  ]),
  bad('half a certificate in PEM', 'cut-short', (folder) => [lines(texts(folder, 'leaf.pem'), 0, 5)]),
  bad('half a PKCS#7 file in DER', 'unreadable-certificate', (folder) => [half(pkcs7(folder))]),
  bad('half a PKCS#7 file in PEM', 'unreadable-pkcs7', (folder) => [block('PKCS7', half(pkcs7(folder)))]),
  bad('a certificate marked PKCS7', 'unreadable-pkcs7', (folder) => [block('PKCS7', der(folder, 'leaf.pem'))]),
  bad('a PKCS#7 file without certificates', 'no-certificate', (folder) => {
    openssl(folder, ['crl2pkcs7', '-nocrl', '-outform', 'der', '-out', 'none.p7b']);
    return [readFileSync(join(folder, 'none.p7b'))];
  }),
  bad('a PKCS#7 file that holds data only', 'unreadable-pkcs7', () => [
    // ContentInfo of type data with four octets in it.
    Buffer.from('301306092a864886f70d010701a0060404deadbeef', 'hex'),
  ]),
  bad('an encrypted message', 'unreadable-pkcs7', (folder) => {
    openssl(folder, [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      'to.key',
      '-subj',
      '/CN=to',
      '-out',
      'to.pem',
    ]);
    return [openssl(folder, ['cms', '-encrypt', '-in', 'leaf.pem', '-outform', 'der', 'to.pem'])];
  }),
  bad('a certificate of another key', undefined, (folder) => [texts(folder, 'stranger.pem')], 'key-mismatch'),
  bad(
    'the issuers without the certificate',
    undefined,
    (folder) => [texts(folder, 'intermediate.pem', 'root.pem')],
    'key-mismatch',
  ),
  bad('two certificates of the key', 'two-leaves', (folder) => {
    issue(folder, 'leaf', 'intermediate', ['-out', 'later.pem', '-days', '25', '-extfile', 'leaf.ext']);
    return [texts(folder, 'leaf.pem'), texts(folder, 'later.pem')];
  }),
  bad('a stranger in the chain', 'unrelated', (folder) => [texts(folder, 'leaf.pem', 'stranger.pem')]),
  bad(
    '33 certificates',
    'too-many',
    (folder) => Array.from({ length: 33 }, () => texts(folder, 'leaf.pem')),
    'invalid-input',
  ),
];

export const badBundles: readonly BadFiles[] = [
  bad('nothing', 'no-certificate', () => ['']),
  bad('a web page', 'no-certificate', () => ['<!doctype html>']),
  bad('a leaf among authorities', 'not-an-authority', (folder) => [texts(folder, 'root.pem', 'leaf.pem')]),
  bad('a private key', 'private-key', (folder) => [texts(folder, 'root.pem', 'root.key')]),
  bad('an authority cut short', 'cut-short', (folder) => [lines(texts(folder, 'root.pem'), 0, -2)]),
  bad('an authority that is no certificate', 'unreadable-certificate', (folder) => [
    block('CERTIFICATE', half(der(folder, 'root.pem'))),
  ]),
  bad('ten mebibytes', 'too-large', () => ['#'.repeat(10 * 1024 * 1024)], 'invalid-input'),
];

function bad(
  name: string,
  reason: string | undefined,
  files: BadFiles['files'],
  code: ErrorCode = 'bad-certificate',
): BadFiles {
  return { name, code, ...(reason === undefined ? {} : { reason }), files };
}

function pkcs7(folder: string): Buffer {
  const certificates = ['-certfile', 'leaf.pem', '-certfile', 'intermediate.pem'];
  return openssl(folder, ['crl2pkcs7', '-nocrl', ...certificates, '-outform', 'der']);
}

function half(bytes: Buffer): Buffer {
  return bytes.subarray(0, bytes.length / 2);
}
