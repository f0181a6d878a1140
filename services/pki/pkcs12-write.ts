/** Writes a PKCS#12 file (RFC 7292) in the layout that OpenSSL, NSS and Java write: certificates encrypted, then the key in its own bag. */
import { createHash } from 'node:crypto';

import { asn1, writeAsn1, type Asn1 } from './forge.ts';
import { encrypt, rounds, shroud, type Protection, type Random } from './password-protection.ts';
import { sha1, sha256 } from './password-schemes.ts';
import { pkcs12Mac, spellings, type Password } from './pkcs12-key.ts';
import { attributes, bagTypes, dataType, encryptedDataType, x509Type } from './pkcs12-types.ts';

export interface Pkcs12Content {
  /** PKCS#8 DER. */
  readonly key: Uint8Array;
  /** X.509 DER, the certificate of the key first. */
  readonly chain: readonly Uint8Array[];
  /** What programs call the entry: its alias in Java, its nickname in NSS. */
  readonly friendlyName: string;
}

export interface Pkcs12Options {
  readonly password: string;
  readonly protection: Protection;
  readonly random: Random;
}

/** The file. It derives keys synchronously: call it off the event loop (`lock.ts`). */
export function writePkcs12({ key, chain, friendlyName }: Pkcs12Content, options: Pkcs12Options): Uint8Array {
  const { protection, random } = options;
  const [password] = spellings(options.password);
  const [leaf = new Uint8Array()] = chain;
  const names = nameAttributes(friendlyName, leaf);
  const certificates = chain.map((der, index) => certificateBag(der, index === 0 ? [names] : []));
  const keyBag = bag(bagTypes.shroudedKey, shroud(key, password, protection, random), [names]);
  const contents = writeAsn1(
    asn1.sequence(encryptedContents(certificates, password, options), data(writeAsn1(asn1.sequence(keyBag)))),
  );
  return writeAsn1(asn1.sequence(asn1.integer(3), data(contents), mac(contents, password, options)));
}

function certificateBag(der: Uint8Array, names: readonly Asn1[]): Asn1 {
  return bag(bagTypes.certificate, asn1.sequence(asn1.oid(x509Type), asn1.explicit0(asn1.octets(der))), names);
}

function bag(type: string, value: Asn1, names: readonly Asn1[]): Asn1 {
  return asn1.sequence(asn1.oid(type), asn1.explicit0(value), ...names);
}

/** The attributes by which readers find out that key and certificate belong together. */
function nameAttributes(friendlyName: string, leaf: Uint8Array): Asn1 {
  const attribute = (type: string, value: Asn1) => asn1.sequence(asn1.oid(type), asn1.set(value));
  return asn1.set(
    attribute(attributes.friendlyName, asn1.bmpString(friendlyName)),
    // Any bytes would do; OpenSSL and NSS take the SHA-1 of the certificate.
    attribute(attributes.localKeyId, asn1.octets(createHash('sha1').update(leaf).digest())),
  );
}

/** A ContentInfo of type data. */
function data(bytes: Uint8Array): Asn1 {
  return asn1.sequence(asn1.oid(dataType), asn1.explicit0(asn1.octets(bytes)));
}

function encryptedContents(bags: readonly Asn1[], password: Password, { protection, random }: Pkcs12Options): Asn1 {
  const { algorithm, ciphertext } = encrypt(writeAsn1(asn1.sequence(...bags)), password, protection, random);
  const encrypted = asn1.sequence(asn1.oid(dataType), algorithm, asn1.implicitOctets0(ciphertext));
  return asn1.sequence(asn1.oid(encryptedDataType), asn1.explicit0(asn1.sequence(asn1.integer(0), encrypted)));
}

function mac(contents: Uint8Array, { bmp: password }: Password, { protection, random }: Pkcs12Options): Asn1 {
  const { id, ...hash } = protection === 'modern' ? sha256 : sha1;
  const [salt, iterations] = [random(protection === 'modern' ? 16 : 8), rounds[protection]];
  const digest = pkcs12Mac(contents, { ...hash, password, salt, iterations });
  const algorithm = asn1.sequence(asn1.oid(id), asn1.null());
  return asn1.sequence(asn1.sequence(algorithm, asn1.octets(digest)), asn1.octets(salt), asn1.integer(iterations));
}
