/** Reads what an authority sent back: one or several files, each PEM, DER or PKCS#7, whatever it is called. */
import { NamedError, type Finding } from '../errors.ts';
import type { Certificate } from './certificate.ts';
import { maximumBytes } from './limits.ts';
import { finding } from './lint/rules.ts';
import { readCertificates } from './material.ts';
import { isCertificate, isPrivateKey, splitPem } from './pem.ts';
import { isPkcs7, pkcs7Certificates } from './pkcs7.ts';

export interface Answer {
  /** As they came, at least one. */
  readonly certificates: readonly Certificate[];
  readonly findings: readonly Finding[];
}

/**
 * The certificates in `files`. Throws `bad-certificate` for what cannot be read, when there is none, and when a private key
 * is among them, which no authority has; `invalid-input` for more than a mebibyte or 32 certificates.
 */
export function readAnswer(files: readonly Uint8Array[]): Answer {
  if (files.reduce((sum, { length }) => sum + length, 0) > maximumBytes) {
    throw new NamedError('invalid-input', `the answer is over ${maximumBytes} bytes; send only the certificates`, {
      facts: { reason: 'too-large' },
    });
  }
  const read = files.map(readFile);
  const certificates = readCertificates(read.flatMap(({ ders }) => ders));
  if (certificates.length === 0) {
    throw refused('holds no certificate', 'send the file that the authority made from the request', 'no-certificate');
  }
  const labels = new Set(read.flatMap(({ others }) => others));
  return {
    certificates,
    findings: [...labels].map((label) => finding('passed-over', `what is marked ${label} was passed over`)),
  };
}

interface FileContent {
  readonly ders: readonly Uint8Array[];
  /** Labels of PEM blocks that are no certificates. */
  readonly others: readonly string[];
}

function readFile(bytes: Uint8Array): FileContent {
  const text = decoded(bytes);
  if (text.includes('-----BEGIN ')) return readText(text);
  if (bytes[0] !== 0x30) {
    throw refused('is neither PEM nor DER nor PKCS#7', 'send the file as the authority gave it', 'unreadable-answer');
  }
  return { ders: isPkcs7(bytes) ? opened(bytes) : [bytes], others: [] };
}

function readText(text: string): FileContent {
  const blocks = splitPem(text);
  if (blocks.some(isPrivateKey)) {
    throw refused(
      'holds a private key',
      'send the certificates alone, or import key and certificates together',
      'private-key',
    );
  }
  return {
    ders: blocks.flatMap((block) => {
      if (isCertificate(block)) return [block.der];
      return isPkcs7Label(block.label) ? opened(block.der) : [];
    }),
    others: blocks.filter((block) => !isCertificate(block) && !isPkcs7Label(block.label)).map(({ label }) => label),
  };
}

function isPkcs7Label(label: string): boolean {
  return label === 'PKCS7' || label === 'CMS';
}

/** Windows saves text as UTF-16 when it is told "Unicode". */
function decoded(bytes: Uint8Array): string {
  const utf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  return Buffer.from(bytes).toString(utf16 ? 'utf16le' : 'utf8');
}

function opened(der: Uint8Array): readonly Uint8Array[] {
  try {
    return pkcs7Certificates(der);
  } catch (cause) {
    throw refused('holds a PKCS#7 file that is not whole', 'export it again', 'unreadable-pkcs7', cause);
  }
}

function refused(what: string, next: string, reason: string, cause?: unknown): NamedError {
  return new NamedError('bad-certificate', `the answer ${what}; ${next}`, { facts: { reason }, cause });
}
