/** The object identifiers of what stands in a PKCS#12 file (RFC 7292 4 and appendix D). */
export const dataType = '1.2.840.113549.1.7.1';
export const encryptedDataType = '1.2.840.113549.1.7.6';
export const x509Type = '1.2.840.113549.1.9.22.1';

export const bagTypes = {
  key: '1.2.840.113549.1.12.10.1.1',
  shroudedKey: '1.2.840.113549.1.12.10.1.2',
  certificate: '1.2.840.113549.1.12.10.1.3',
  safeContents: '1.2.840.113549.1.12.10.1.6',
} as const;

/** PKCS#9 attributes of a bag. */
export const attributes = {
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
} as const;
