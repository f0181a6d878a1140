/** The corpus of bad inputs: what people send by mistake, and what nobody should send, each with the error it must get. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ErrorCode } from '../../services/errors.ts';
import type { PkiService } from '../../services/pki/service.ts';
import { issue, openssl, texts } from './openssl.ts';

export interface BadInput {
  readonly name: string;
  readonly code: ErrorCode;
  readonly reason?: string;
  /** Sends it; `folder` holds what `makeHierarchy` made. */
  readonly send: (pki: PkiService, folder: string) => Promise<unknown>;
}

const password = 'geheim';

export const badInputs: readonly BadInput[] = [
  pem('nothing', 'bad-certificate', 'no-key', () => ''),
  pem('prose', 'bad-certificate', 'no-key', () => 'Dear colleague,\nplease find the certificate attached.\n'),
  pem('a certificate without its key', 'bad-certificate', 'no-key', (folder) => texts(folder, 'leaf.pem')),
  pem('a key without its certificate', 'bad-certificate', 'no-certificate', (folder) => texts(folder, 'leaf.key')),
  pem('a request instead of a certificate', 'bad-certificate', 'no-certificate', (folder) =>
    texts(folder, 'leaf.key', 'leaf.csr'),
  ),
  pem(
    'a certificate without its last lines',
    'bad-certificate',
    'cut-short',
    (folder) => `${texts(folder, 'leaf.key')}${lines(texts(folder, 'leaf.pem'), 0, -3)}`,
  ),
  pem(
    'a certificate without its end line before the next one',
    'bad-certificate',
    'cut-short',
    (folder) => lines(texts(folder, 'leaf.pem'), 0, -2) + texts(folder, 'intermediate.pem', 'leaf.key'),
  ),
  pem('a block closed under another label', 'bad-certificate', 'cut-short', (folder) =>
    texts(folder, 'leaf.key', 'leaf.pem').replace('END CERTIFICATE', 'END X509 CRL'),
  ),
  pem('a certificate that is not base64', 'bad-certificate', 'not-base64', (folder) =>
    texts(folder, 'leaf.key', 'leaf.pem').replace('BEGIN CERTIFICATE-----\n', 'BEGIN CERTIFICATE-----\n%%%%'),
  ),
  pem(
    'an empty block',
    'bad-certificate',
    'not-base64',
    (folder) => `${texts(folder, 'leaf.key')}-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n`,
  ),
  pem(
    'a certificate without a line in the middle',
    'bad-certificate',
    'unreadable-certificate',
    (folder) =>
      texts(folder, 'leaf.key') + lines(texts(folder, 'leaf.pem'), 0, 3) + lines(texts(folder, 'leaf.pem'), 4),
  ),
  pem(
    'two certificates in one block',
    'bad-certificate',
    'unreadable-certificate',
    (folder) =>
      texts(folder, 'leaf.key') + block('CERTIFICATE', der(folder, 'leaf.pem'), der(folder, 'intermediate.pem')),
  ),
  pem('alternative names that are no names', 'bad-certificate', 'unreadable-certificate', (folder) => {
    writeFileSync(join(folder, 'names.ext'), 'subjectAltName=DER:30:05:82:99:61:62:63\n');
    issue(folder, 'leaf', 'intermediate', ['-out', 'names.pem', '-extfile', 'names.ext']);
    return texts(folder, 'leaf.key', 'names.pem');
  }),
  pem(
    'a key without a line in the middle',
    'bad-certificate',
    'unreadable-key',
    (folder) =>
      lines(texts(folder, 'leaf.key'), 0, 2) + lines(texts(folder, 'leaf.key'), 3) + texts(folder, 'leaf.pem'),
  ),
  pem('the key of another certificate', 'key-mismatch', undefined, (folder) => texts(folder, 'root.key', 'leaf.pem')),
  pem(
    'a private key with another public half than the certificate',
    'key-mismatch',
    undefined,
    (folder) => texts(folder, 'leaf.pem') + halves(folder),
  ),
  pem('two keys', 'bad-certificate', 'two-keys', (folder) => texts(folder, 'leaf.key', 'root.key', 'leaf.pem')),
  pem('two certificates for one key', 'bad-certificate', 'two-leaves', (folder) => {
    issue(folder, 'leaf', 'intermediate', ['-out', 'renewed.pem', '-days', '25', '-extfile', 'leaf.ext']);
    return texts(folder, 'leaf.key', 'leaf.pem', 'renewed.pem');
  }),
  pem('a certificate of someone else in the chain', 'bad-certificate', 'unrelated', (folder) =>
    texts(folder, 'leaf.key', 'leaf.pem', 'stranger.pem'),
  ),
  pem('an issuer of the same name with another key', 'bad-certificate', 'unrelated', (folder) => {
    openssl(folder, [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      'x.key',
      '-subj',
      '/O=Test/CN=intermediate',
      '-out',
      'namesake.pem',
    ]);
    return texts(folder, 'leaf.key', 'leaf.pem', 'namesake.pem');
  }),
  pem('33 certificates', 'invalid-input', 'too-many', (folder) => {
    const many = Array.from({ length: 32 }, (_, number) => {
      issue(folder, 'leaf', 'stranger', ['-set_serial', String(number + 1), '-out', 'one.pem']);
      return texts(folder, 'one.pem');
    });
    return texts(folder, 'leaf.key', 'leaf.pem') + many.join('');
  }),
  pem(
    'more than a mebibyte',
    'invalid-input',
    'too-large',
    (folder) => texts(folder, 'leaf.key', 'leaf.pem') + '#'.repeat(1024 * 1024),
  ),
  pem(
    'a key for SSH',
    'bad-certificate',
    'unsupported-key',
    (folder) => texts(folder, 'leaf.pem') + block('OPENSSH PRIVATE KEY', Buffer.from('openssh-key-v1\0')),
  ),
  pem('a DSA key', 'bad-certificate', 'unusable-key', (folder) => {
    openssl(folder, ['dsaparam', '-genkey', '-out', 'dsa.raw', '1024']);
    openssl(folder, ['pkey', '-in', 'dsa.raw', '-out', 'dsa.key']);
    openssl(folder, ['req', '-x509', '-key', 'dsa.key', '-subj', '/CN=dsa', '-out', 'dsa.pem']);
    return texts(folder, 'dsa.key', 'dsa.pem');
  }),
  pem(
    'an encrypted key without its passphrase',
    'wrong-passphrase',
    undefined,
    (folder) => encryptedKey(folder, []) + texts(folder, 'leaf.pem'),
    undefined,
  ),
  pem(
    'an encrypted key with another passphrase',
    'wrong-passphrase',
    undefined,
    (folder) => encryptedKey(folder, []) + texts(folder, 'leaf.pem'),
  ),
  pem(
    'an encrypted traditional key without its passphrase',
    'wrong-passphrase',
    undefined,
    (folder) => traditionalKey(folder, '-aes256') + texts(folder, 'leaf.pem'),
    undefined,
  ),
  pem(
    'an encrypted traditional key with another passphrase',
    'wrong-passphrase',
    undefined,
    (folder) => traditionalKey(folder, '-aes256') + texts(folder, 'leaf.pem'),
  ),
  pem(
    'an encrypted traditional key in a cipher of the past',
    'bad-certificate',
    'unsupported-key',
    (folder) => traditionalKey(folder, '-des3').replace('DES-EDE3-CBC', 'DES-CBC') + texts(folder, 'leaf.pem'),
  ),
  pem(
    'an encrypted key with too many rounds of derivation',
    'bad-certificate',
    'derivation-cost',
    (folder) => encryptedKey(folder, ['-iter', '600001']) + texts(folder, 'leaf.pem'),
  ),
  pem(
    'an encrypted key under scrypt',
    'bad-certificate',
    'unsupported-protection',
    (folder) => encryptedKey(folder, ['-scrypt']) + texts(folder, 'leaf.pem'),
  ),
  pem(
    'an encrypted key that is not ASN.1',
    'bad-certificate',
    'unreadable-key',
    (folder) => texts(folder, 'leaf.pem') + block('ENCRYPTED PRIVATE KEY', Buffer.from('no')),
  ),

  pkcs12('an empty file', 'bad-certificate', 'unreadable-pkcs12', () => Buffer.alloc(0)),
  pkcs12('a file of zeros', 'bad-certificate', 'unreadable-pkcs12', () => Buffer.alloc(4096)),
  pkcs12('a text', 'bad-certificate', 'unreadable-pkcs12', (folder) =>
    Buffer.from(texts(folder, 'leaf.key', 'leaf.pem')),
  ),
  pkcs12('a bare certificate', 'bad-certificate', 'unreadable-pkcs12', (folder) => der(folder, 'leaf.pem')),
  pkcs12('a file that ends early', 'bad-certificate', 'unreadable-pkcs12', (folder) =>
    exported(folder).subarray(0, 900),
  ),
  pkcs12('a file with bytes behind its end', 'bad-certificate', 'unreadable-pkcs12', (folder) =>
    Buffer.concat([exported(folder), Buffer.alloc(1)]),
  ),
  pkcs12('sequences nested without end', 'bad-certificate', 'unreadable-pkcs12', () =>
    Buffer.from('3080'.repeat(20_000), 'hex'),
  ),
  pkcs12('a file over a mebibyte', 'invalid-input', 'too-large', () => Buffer.alloc(10 * 1024 * 1024)),
  pkcs12('a file under another password', 'wrong-passphrase', undefined, (folder) => exported(folder, [], 'another')),
  pkcs12('a file under another password without an integrity check', 'wrong-passphrase', undefined, (folder) =>
    exported(folder, ['-nomac'], 'another'),
  ),
  pkcs12('a file that was changed', 'wrong-passphrase', undefined, (folder) => changed(exported(folder), 400)),
  pkcs12('certificates without a key', 'bad-certificate', 'no-key', (folder) => exported(folder, ['-nokeys'])),
  pkcs12('a key without a certificate', 'bad-certificate', 'no-certificate', (folder) =>
    exported(folder, ['-nocerts']),
  ),
  pkcs12('too many rounds of derivation', 'bad-certificate', 'derivation-cost', (folder) =>
    exported(folder, ['-iter', '600001']),
  ),
  pkcs12('too many rounds in the encryption alone', 'bad-certificate', 'derivation-cost', (folder) =>
    exported(folder, ['-iter', '600001', '-nomac']),
  ),
  pkcs12('an integrity check of another kind', 'bad-certificate', 'unsupported-protection', (folder) =>
    exported(folder, ['-macalg', 'sha3-256']),
  ),
  pkcs12('an encryption of another kind', 'bad-certificate', 'unsupported-protection', (folder) =>
    exported(folder, ['-certpbe', 'camellia-256-cbc']),
  ),
  pkcs12('a certificate of someone else', 'bad-certificate', 'unrelated', (folder) =>
    exported(folder, ['-certfile', 'stranger.pem']),
  ),
];

function pem(
  name: string,
  code: ErrorCode,
  reason: string | undefined,
  text: (folder: string) => string,
  ...passphrase: readonly (string | undefined)[]
): BadInput {
  const given = passphrase.length > 0 ? passphrase[0] : password;
  return {
    name: `PEM: ${name}`,
    code,
    ...(reason === undefined ? {} : { reason }),
    send: async (pki, folder) => pki.importPem(text(folder), given),
  };
}

function pkcs12(
  name: string,
  code: ErrorCode,
  reason: string | undefined,
  file: (folder: string) => Uint8Array,
): BadInput {
  return {
    name: `PKCS#12: ${name}`,
    code,
    ...(reason === undefined ? {} : { reason }),
    send: async (pki, folder) => pki.importPkcs12(file(folder), password),
  };
}

export function lines(text: string, from: number, to?: number): string {
  return `${text.trimEnd().split('\n').slice(from, to).join('\n')}\n`;
}

export function der(folder: string, name: string): Buffer {
  return openssl(folder, ['x509', '-in', name, '-outform', 'der']);
}

export function block(label: string, ...parts: readonly Buffer[]): string {
  return `-----BEGIN ${label}-----\n${Buffer.concat(parts).toString('base64')}\n-----END ${label}-----\n`;
}

function encryptedKey(folder: string, options: readonly string[]): string {
  return openssl(folder, ['pkcs8', '-topk8', '-in', 'leaf.key', ...options, '-passout', 'pass:another']).toString();
}

function traditionalKey(folder: string, cipher: string): string {
  return openssl(folder, ['pkey', '-in', 'leaf.key', '-traditional', cipher, '-passout', 'pass:another']).toString();
}

/** The private half of the root and the public half of the leaf in one SEC 1 key (RFC 5915): what a damaged key looks like. */
function halves(folder: string): string {
  const sec1 = (name: string) => openssl(folder, ['ec', '-in', name, '-outform', 'der']);
  const [secret, whole] = [sec1('root.key'), Buffer.from(sec1('leaf.key'))];
  // ECPrivateKey: 30 77 02 01 01 04 20, and then the 32 bytes of the private number on P-256.
  secret.copy(whole, 7, 7, 39);
  return block('EC PRIVATE KEY', whole);
}

function exported(folder: string, options: readonly string[] = [], under = password): Buffer {
  const key = options.includes('-nokeys') ? [] : ['-inkey', 'leaf.key'];
  const given = options.includes('-nocerts') ? ['-in', 'leaf.key'] : ['-in', 'leaf.pem'];
  openssl(folder, ['pkcs12', '-export', ...key, ...given, ...options, '-passout', `pass:${under}`, '-out', 'bad.p12']);
  return readFileSync(join(folder, 'bad.p12'));
}

function changed(file: Buffer, at: number): Buffer {
  const copy = Buffer.from(file);
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}
