/** The schemes that protect PKCS#8 and PKCS#12 files, by object identifier: what is read, and what of it is written. */

/** PBES2 and PBKDF2 (RFC 8018 A.2, A.4). */
export const pbes2 = '1.2.840.113549.1.5.13';
export const pbkdf2 = '1.2.840.113549.1.5.12';

export const hmacSha1 = { id: '1.2.840.113549.2.7', hash: 'sha1' } as const;
export const hmacSha256 = { id: '1.2.840.113549.2.9', hash: 'sha256' } as const;

/** The hash of each pseudo-random function of PBKDF2 (RFC 8018 B.1). */
export const prfs: Readonly<Record<string, string>> = {
  [hmacSha1.id]: hmacSha1.hash,
  '1.2.840.113549.2.8': 'sha224',
  [hmacSha256.id]: hmacSha256.hash,
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
};

/** What a cipher is called by node:crypto, and the length of its key. */
export interface Cipher {
  readonly name: string;
  readonly keyBytes: number;
}

export const aes256 = { id: '2.16.840.1.101.3.4.1.42', name: 'aes-256-cbc', keyBytes: 32 } as const;

export const ciphers: Readonly<Record<string, Cipher>> = {
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', keyBytes: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', keyBytes: 24 },
  [aes256.id]: aes256,
  '1.2.840.113549.3.7': { name: 'des-ede3-cbc', keyBytes: 24 },
};

export const sha1With3Des = { id: '1.2.840.113549.1.12.1.3', name: 'des-ede3-cbc', keyBytes: 24 } as const;

/** RFC 7292 appendix C; the RC4 and RC2-128 variants are not known to be written by anything. */
export const pkcs12Schemes: Readonly<Record<string, Cipher>> = {
  [sha1With3Des.id]: sha1With3Des,
  '1.2.840.113549.1.12.1.6': { name: 'rc2-40-cbc', keyBytes: 5 },
};

/** The hash of an integrity check, and the length of its value. */
export interface Hash {
  readonly hash: string;
  readonly bytes: number;
}

export const sha1 = { id: '1.3.14.3.2.26', hash: 'sha1', bytes: 20 } as const;
export const sha256 = { id: '2.16.840.1.101.3.4.2.1', hash: 'sha256', bytes: 32 } as const;

export const macHashes: Readonly<Record<string, Hash>> = {
  '1.2.840.113549.2.5': { hash: 'md5', bytes: 16 },
  [sha1.id]: sha1,
  '2.16.840.1.101.3.4.2.4': { hash: 'sha224', bytes: 28 },
  [sha256.id]: sha256,
  '2.16.840.1.101.3.4.2.2': { hash: 'sha384', bytes: 48 },
  '2.16.840.1.101.3.4.2.3': { hash: 'sha512', bytes: 64 },
};
