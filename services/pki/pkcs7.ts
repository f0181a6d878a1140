/** Reads the certificates of a PKCS#7 file (RFC 2315 9.1, RFC 5652 5.1): what authorities send as .p7b, signed by nobody. */
import { explicit, oid, readAsn1, sequence, writeAsn1 } from './forge.ts';

/** Whether these bytes begin as a PKCS#7 file does: a sequence whose first element is an object identifier. */
export function isPkcs7(der: Uint8Array): boolean {
  try {
    oid(sequence(readAsn1(der))[0]);
    return true;
  } catch {
    return false;
  }
}

/** The certificates in it, in the order of the file; throws when it is no SignedData. */
export function pkcs7Certificates(der: Uint8Array): readonly Uint8Array[] {
  const [type, content] = sequence(readAsn1(der));
  if (oid(type) !== signedData) throw new Error('SignedData was expected');
  const parts = sequence(explicit(content, 0));
  // certificates [0] IMPLICIT SET; a CMS file may hold attribute certificates beside them, under tags of their own.
  const set = parts.find((part) => part.class === 0x80 && part.tag === 0);
  return (set?.children ?? []).filter((one) => one.class === 0 && one.tag === 0x10).map(writeAsn1);
}

const signedData = '1.2.840.113549.1.7.2';
