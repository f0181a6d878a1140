/** A signing request that was made elsewhere (PKCS#10, RFC 2986): what of it a certificate may take over. */
import { createPublicKey, type KeyObject } from 'node:crypto';

import { NamedError, type Finding } from '../../errors.ts';
import { parse } from '../../schema/parse.ts';
import { finding } from '../lint/rules.ts';
import { alternativeNames } from '../names.ts';
import { Name, Pkcs10CertificateRequest, SubjectAlternativeNameExtension, type JsonGeneralNames } from '../peculiar.ts';
import { splitPem } from '../pem.ts';

export interface SigningRequest {
  readonly subject: Name;
  readonly names: JsonGeneralNames;
  readonly key: KeyObject;
  readonly findings: readonly Finding[];
}

/**
 * Reads the one request in `pem` and proves that whoever made it holds its key. Subject and alternative names (DNS, IP,
 * mail) are taken over and nothing else: what a certificate is for is not for its holder to say. Throws `bad-certificate`
 * for what is no request or is signed by another key, and for a weak key; `invalid-input` for names that cannot be certified.
 */
export async function readSigningRequest(pem: string): Promise<SigningRequest> {
  const { request, subject, given, key } = decoded(theRequest(pem));
  if (!(await request.verify().catch(() => false))) {
    throw refused('is not signed by the key it names', 'make it again on the host that holds the key', 'signature');
  }
  checkStrength(key);
  const [commonName] = subject.getField('CN');
  if (commonName === undefined) {
    throw refused('names nobody (its subject has no common name)', 'make it again with one', 'no-common-name');
  }
  const of = (type: string) => given.filter((one) => one.type === type).map(({ value }) => value);
  const asked = { dns: of('dns').map((name) => name.toLowerCase()), ip: of('ip'), email: of('email') };
  const checked = parse(
    'certificate-request',
    { subject: { commonName }, alternativeNames: asked },
    'the signing request',
  );
  const { names, findings } = alternativeNames(checked);
  const others = given.filter(({ type }) => !Object.hasOwn(asked, type));
  return { subject, names, key, findings: [...findings, ...others.map(leftOut)] };
}

function theRequest(pem: string): Uint8Array {
  const [block, ...more] = splitPem(pem).filter(({ label }) => /^(NEW )?CERTIFICATE REQUEST$/.test(label));
  if (block && more.length === 0) return block.der;
  throw refused(
    block ? 'is not alone' : 'is missing: nothing in the text is marked CERTIFICATE REQUEST',
    'send one request in PEM at a time',
    'no-request',
  );
}

/** The library decodes on first use, so everything that is used is read here. */
function decoded(der: Uint8Array) {
  try {
    const request = new Pkcs10CertificateRequest(new Uint8Array(der));
    const key = createPublicKey({ key: Buffer.from(request.publicKey.rawData), format: 'der', type: 'spki' });
    const subject = new Name(request.subjectName.toArrayBuffer());
    const given = request.getExtension('2.5.29.17');
    return {
      ...{ request, subject, key },
      given: given ? new SubjectAlternativeNameExtension(given.rawData).names.items : [],
    };
  } catch (cause) {
    throw refused('cannot be read', 'make it again and check that it is whole', 'unreadable-request', cause);
  }
}

/** What OpenSSL's security level 2, the default of Debian, takes, and every peer knows. */
function checkStrength(key: KeyObject): void {
  const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa' && modulusLength >= 2048) return;
  if (key.asymmetricKeyType === 'ec' && /^(prime256v1|secp384r1|secp521r1)$/.test(namedCurve)) return;
  throw refused(
    'has a key that many peers refuse',
    'make it again with RSA of 2048 bits or more, or EC P-256 or P-384',
    'weak-key',
  );
}

function leftOut({ type, value }: { readonly type: string; readonly value: string }): Finding {
  return finding(
    'passed-over',
    `the alternative name ${value} (${type}) was left out: only DNS, IP and mail are certified`,
  );
}

function refused(what: string, next: string, reason: string, cause?: unknown): NamedError {
  return new NamedError('bad-certificate', `the signing request ${what}; ${next}`, { facts: { reason }, cause });
}
