/** What was found in an upload, loose: keys, certificates, and remarks; and the one binding that it makes. */
import type { KeyObject } from 'node:crypto';

import { NamedError, type Finding } from '../errors.ts';
import { readCertificate, type Certificate } from './certificate.ts';
import { keyId, readPrivateKey } from './keys.ts';
import { maximumCertificates, maximumKeys } from './limits.ts';
import { lint } from './lint/chain.ts';
import { checkPair } from './lint/pair.ts';
import { finding } from './lint/rules.ts';
import { order } from './order.ts';
import { isCertificate, isPrivateKey, type Block } from './pem.ts';
import type { Pkcs12 } from './pkcs12.ts';

export interface Material {
  readonly keys: readonly KeyObject[];
  readonly certificates: readonly Certificate[];
  readonly findings: readonly Finding[];
}

export interface Assembled {
  readonly key: KeyObject;
  readonly chain: readonly [Certificate, ...Certificate[]];
  readonly findings: readonly Finding[];
}

/** Puts certificates into the chain of `key`, with all there is to say of it; throws what `order` and `checkPair` throw. */
export function complete(key: KeyObject, certificates: readonly Certificate[], now: Date): Assembled {
  const ordered = order(certificates, keyId(key), now);
  checkPair(key, ordered.chain[0]);
  const linted = lint({ chain: ordered.chain, given: certificates, now });
  return { key, chain: ordered.chain, findings: [...ordered.findings, ...linted] };
}

/** Makes one key and its ordered chain of `material`; throws what `complete` throws, and `bad-certificate` when a part is missing. */
export function assemble({ keys, certificates, findings }: Material, now: Date): Assembled {
  const [key, another] = [...new Map(keys.map((one) => [keyId(one), one])).values()];
  if (!key) throw refused('there is no private key', 'send it together with its certificate', 'no-key');
  if (another) throw twoKeys();
  if (certificates.length === 0)
    throw refused('there is no certificate', 'send it together with its key', 'no-certificate');
  const made = complete(key, certificates, now);
  return { ...made, findings: [...findings, ...made.findings] };
}

/** Reads what a PKCS#12 file held. */
export function fromPkcs12({ keys, certificates, checked }: Pkcs12): Material {
  return {
    keys: keys.map((der) => readPrivateKey(der, 'pkcs8')),
    certificates: readCertificates(certificates),
    findings: checked
      ? []
      : [
          finding(
            'no-integrity-check',
            'the file has no integrity check; only the key fitting the certificate was proven',
          ),
        ],
  };
}

/** Reads the blocks of a PEM text; other blocks than keys and certificates are passed over with a finding. */
export async function fromPem(
  blocks: readonly Block[],
  readKey: (block: Block) => Promise<KeyObject>,
): Promise<Material> {
  const keyBlocks = [...new Map(blocks.filter(isPrivateKey).map((block) => [block.pem, block])).values()];
  if (keyBlocks.length > maximumKeys) throw twoKeys();
  const keys: KeyObject[] = [];
  for (const block of keyBlocks) keys.push(await readKey(block));
  return {
    keys,
    certificates: readCertificates(blocks.filter(isCertificate).map(({ der }) => der)),
    findings: [...new Set(blocks.filter(isStray).map(({ label }) => label))].map((label) =>
      finding('passed-over', `what is marked ${label} was passed over`),
    ),
  };
}

/** Reads certificates in DER. Counted before anything is read: a mebibyte holds thousands, and reading them would hold up the event loop. */
export function readCertificates(certificates: readonly Uint8Array[]): readonly Certificate[] {
  if (certificates.length <= maximumCertificates) return certificates.map(readCertificate);
  throw new NamedError(
    'invalid-input',
    `there are ${certificates.length} certificates, and ${maximumCertificates} at most are read; send only the chain of this key`,
    { facts: { reason: 'too-many' } },
  );
}

/** `openssl ecparam` and `dhparam` write parameters beside a key; the key holds its own, so they say nothing. */
function isStray(block: Block): boolean {
  return !isPrivateKey(block) && !isCertificate(block) && !block.label.endsWith(' PARAMETERS');
}

function twoKeys(): NamedError {
  return refused('there are two different private keys', 'send one key with its certificate at a time', 'two-keys');
}

function refused(what: string, next: string, reason: string): NamedError {
  return new NamedError('bad-certificate', `${what}; ${next}`, { facts: { reason } });
}
