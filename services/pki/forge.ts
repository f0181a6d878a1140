/** The one importer of node-forge: reads ASN.1 (BER as well as DER, as NSS and Java write it), writes DER, and decrypts RC2, which OpenSSL 3 no longer does. */
import forge from 'node-forge';

/** A value of ASN.1: primitive ones have `bytes`, constructed ones `children`. */
export interface Asn1 {
  /** `0x00` universal, `0x80` context-specific, as in the identifier octet (X.690 8.1.2). */
  readonly class: number;
  readonly tag: number;
  readonly constructed: boolean;
  readonly children: readonly Asn1[];
  readonly bytes: Uint8Array;
  /** The library's own form, to write it again. */
  readonly source: forge.asn1.Asn1;
}

/** Reads one value that fills `bytes` to the end; throws when there is none. */
export function readAsn1(bytes: Uint8Array): Asn1 {
  // The types know an older signature. Without the options, bit strings would be decoded by guess.
  const options = { strict: true, parseAllBytes: true, decodeBitStrings: false } as unknown as boolean;
  return plain(forge.asn1.fromDer(binary(bytes), options));
}

/** The DER of a value, as read. */
export function writeAsn1(value: Asn1): Uint8Array {
  return unbinary(forge.asn1.toDer(value.source).getBytes());
}

/** The elements of a SEQUENCE. */
export function sequence(value: Asn1 | undefined): readonly Asn1[] {
  if (value?.class !== 0 || value.tag !== 0x10 || !value.constructed) throw new Error('a SEQUENCE was expected');
  return value.children;
}

/** What stands in an explicit context tag. */
export function explicit(value: Asn1 | undefined, tag: number): Asn1 {
  const [inner, ...others] = value?.class === 0x80 && value.tag === tag ? value.children : [];
  if (inner === undefined || others.length > 0) throw new Error(`a value under [${tag}] was expected`);
  return inner;
}

/** The contents of an OCTET STRING (or one under an implicit tag), in one piece or in several (X.690 8.7). */
export function octets(value: Asn1 | undefined): Uint8Array {
  if (value === undefined || (value.class === 0 && value.tag !== 0x04)) throw new Error('an OCTET STRING was expected');
  return value.constructed ? Buffer.concat(value.children.map(octets)) : value.bytes;
}

/** A non-negative INTEGER that fits in 32 bits; anything larger comes out as Infinity. */
export function integer(value: Asn1 | undefined): number {
  if (value?.class !== 0 || value.tag !== 0x02 || value.bytes.length === 0) throw new Error('an INTEGER was expected');
  const [first = 0] = value.bytes;
  if (first > 0x7f) throw new Error('a non-negative INTEGER was expected');
  return value.bytes.length > 5 ? Infinity : Number.parseInt(Buffer.from(value.bytes).toString('hex'), 16);
}

/** An OBJECT IDENTIFIER in dotted form. */
export function oid(value: Asn1 | undefined): string {
  if (value?.class !== 0 || value.tag !== 0x06 || value.bytes.length === 0)
    throw new Error('an OBJECT IDENTIFIER was expected');
  return forge.asn1.derToOid(binary(value.bytes));
}

/** Decrypts RC2 in CBC mode with 40 effective bits (RFC 2268); undefined when the padding does not fit. */
export function decryptRc2(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array | undefined {
  const cipher = forge.rc2.createDecryptionCipher(binary(key), 40);
  cipher.start(binary(iv));
  cipher.update(forge.util.createBuffer(binary(data)));
  return cipher.finish() ? unbinary(cipher.output.getBytes()) : undefined;
}

const { Class, Type } = forge.asn1;

/** Values to write, with `writeAsn1`; each has the form of one that was read. */
export const asn1 = {
  sequence: (...children: readonly Asn1[]) => constructed(Class.UNIVERSAL, Type.SEQUENCE, children),
  set: (...children: readonly Asn1[]) => constructed(Class.UNIVERSAL, Type.SET, children),
  /** `child` under [0] EXPLICIT. */
  explicit0: (child: Asn1) => constructed(Class.CONTEXT_SPECIFIC, Type.NONE, [child]),
  octets: (bytes: Uint8Array) => primitive(Class.UNIVERSAL, Type.OCTETSTRING, bytes),
  /** An OCTET STRING under [0] IMPLICIT. */
  implicitOctets0: (bytes: Uint8Array) => primitive(Class.CONTEXT_SPECIFIC, Type.NONE, bytes),
  /** Up to 31 bits. */
  integer: (value: number) =>
    primitive(Class.UNIVERSAL, Type.INTEGER, unbinary(forge.asn1.integerToDer(value).getBytes())),
  oid: (dotted: string) => primitive(Class.UNIVERSAL, Type.OID, unbinary(forge.asn1.oidToDer(dotted).getBytes())),
  null: () => primitive(Class.UNIVERSAL, Type.NULL, new Uint8Array()),
  bmpString: (text: string) => {
    const value = primitive(Class.UNIVERSAL, Type.BMPSTRING, Buffer.from(text, 'utf16le').swap16());
    // The library takes characters here and writes two bytes for each.
    return { ...value, source: { ...value.source, value: text } };
  },
} as const;

function constructed(tagClass: forge.asn1.Class, tag: forge.asn1.Type, children: readonly Asn1[]): Asn1 {
  const source = forge.asn1.create(
    tagClass,
    tag,
    true,
    children.map((child) => child.source),
  );
  return { class: tagClass, tag, constructed: true, children, bytes: new Uint8Array(), source };
}

function primitive(tagClass: forge.asn1.Class, tag: forge.asn1.Type, bytes: Uint8Array): Asn1 {
  const source = forge.asn1.create(tagClass, tag, false, binary(bytes));
  return { class: tagClass, tag, constructed: false, children: [], bytes, source };
}

function plain(value: forge.asn1.Asn1): Asn1 {
  const content = value.value;
  return {
    class: value.tagClass,
    tag: value.type,
    constructed: value.constructed,
    children: typeof content === 'string' ? [] : content.map(plain),
    bytes: typeof content === 'string' ? unbinary(content) : new Uint8Array(),
    source: value,
  };
}

// Forge's strings hold one byte a character.
function binary(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

function unbinary(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}
