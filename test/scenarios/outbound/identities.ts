/** What each peer shows: certificates of an authority that the gateway trusts, and one that nobody signed. */
import { createHash, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';

import { certify, day } from '../../../services/pki/certify.ts';
import type { Certificate } from '../../../services/pki/certificate.ts';
import { leafExtensions } from '../../../services/pki/leaf.ts';
import { BasicConstraintsExtension, KeyUsageFlags, KeyUsagesExtension, Name } from '../../../services/pki/peculiar.ts';
import type { Peer } from '../../../services/platforms/postfix/outcomes.ts';

export interface Identity {
  /** In PEM. */
  readonly key: string;
  readonly chain: string;
  /** Of the certificate, SHA-256 in hexadecimal. */
  readonly fingerprint: string;
  /** SHA-256 of its SubjectPublicKeyInfo, in hexadecimal. */
  readonly keyDigest: string;
}

export interface Identities {
  /** The root, in PEM. */
  readonly root: string;
  /** SHA-256 of the SubjectPublicKeyInfo of the authority that signs the leaves. */
  readonly authorityDigest: string;
  of(peer: Peer): Identity;
  /** One more of the trusted authority. */
  issue(names: readonly string[], profile?: 'server' | 'client'): Promise<Identity>;
}

interface Signer {
  readonly name: Name;
  readonly key: KeyObject;
}

/** `names` are the host names that each peer answers for. */
export async function makeIdentities(names: Readonly<Record<Peer, readonly string[]>>): Promise<Identities> {
  const now = new Date();
  const root = { name: new Name('O=Test,CN=Root'), key: newKey() };
  const authority = { name: new Name('O=Test,CN=Issuing authority'), key: newKey() };
  const rootCertificate = await authorityCertificate(root, root);
  const authorityOwn = await authorityCertificate(authority, root);

  async function authorityCertificate(of: Signer, by: Signer): Promise<Certificate> {
    return certify({
      subject: of.name,
      issuer: by.name,
      key: of.key,
      signer: by.key,
      now: new Date(now.getTime() - 100 * day),
      notAfter: new Date(now.getTime() + 100 * day),
      random: randomBytes(16),
      extensions: [
        new BasicConstraintsExtension(true, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
      ],
    });
  }

  async function leaf(
    hosts: readonly string[],
    { by = authority, made = now, profile = 'server' }: Partial<Leaf> = {},
  ): Promise<Identity> {
    const key = newKey();
    const subject = new Name([{ CN: [hosts[0]?.slice(0, 64) ?? ''] }]);
    const own = by === 'nobody' ? { name: subject, key } : by;
    const certificate = await certify({
      subject,
      issuer: own.name,
      key,
      signer: own.key,
      now: made,
      notAfter: new Date(made.getTime() + 20 * day),
      random: randomBytes(16),
      extensions: leafExtensions(
        key,
        profile,
        hosts.map((value) => ({ type: 'dns', value })),
      ),
    });
    const chain = by === 'nobody' ? [certificate] : [certificate, authorityOwn];
    return {
      key: key.export({ format: 'pem', type: 'pkcs8' }).toString(),
      chain: chain.map(({ x509 }) => x509.toString()).join(''),
      fingerprint: sha256(certificate.x509.raw),
      keyDigest: publicKeyDigest(certificate),
    };
  }

  const shown: Readonly<Record<Peer, Identity>> = {
    'not-offered': await leaf(names['not-offered']),
    refused: await leaf(names.refused),
    'handshake-fails': await leaf(names['handshake-fails']),
    'self-signed': await leaf(names['self-signed'], { by: 'nobody' }),
    'wrong-name': await leaf(['www.somebody-else.test']),
    expired: await leaf(names.expired, { made: new Date(now.getTime() - 40 * day) }),
    'exchanger-name': await leaf(names['exchanger-name']),
    valid: await leaf(names.valid),
  };
  return {
    root: rootCertificate.x509.toString(),
    authorityDigest: publicKeyDigest(authorityOwn),
    of: (peer) => shown[peer],
    issue: (hosts, profile = 'server') => leaf(hosts, { profile }),
  };
}

interface Leaf {
  readonly by: Signer | 'nobody';
  readonly made: Date;
  readonly profile: 'server' | 'client';
}

function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

function publicKeyDigest({ x509 }: Certificate): string {
  return sha256(x509.publicKey.export({ format: 'der', type: 'spki' }));
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
