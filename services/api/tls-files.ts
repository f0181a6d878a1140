/** The API's own certificate, read from files and read again when they change, so that renewal needs no restart. */
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { createSecureContext } from 'node:tls';

import { NamedError } from '../errors.ts';

export interface TlsFiles {
  /** The private key, PEM. */
  readonly key: string;
  /** The certificate chain, PEM, leaf first. */
  readonly certificate: string;
}

/** What a TLS listener is given. 1.2 is the floor: RFC 8996 retired what came before. */
export interface TlsMaterial {
  readonly key: string;
  readonly cert: string;
  readonly minVersion: 'TLSv1.2';
}

/** Reads both files; throws `invalid-input` when one cannot be read, or when they do not belong together. */
export function readTlsFiles({ key, certificate }: TlsFiles): TlsMaterial {
  const material = { key: read(key, 'key'), cert: read(certificate, 'certificate'), minVersion: 'TLSv1.2' } as const;
  try {
    createSecureContext(material);
  } catch (cause) {
    throw new NamedError(
      'invalid-input',
      `the key in ${key} and the certificate in ${certificate} cannot be used together; give a PEM key without passphrase and its chain`,
      { cause },
    );
  }
  return material;
}

/**
 * Calls `changed` whenever a file is another than before, until the returned function is called. It looks at the paths
 * (stat), not at the inodes, since renewals replace files and swap the links that lead to them.
 */
export function watchTlsFiles({ key, certificate }: TlsFiles, everySeconds: number, changed: () => void): () => void {
  const options = { interval: everySeconds * 1000, persistent: false };
  for (const path of [key, certificate]) watchFile(path, options, changed);
  return () => {
    for (const path of [key, certificate]) unwatchFile(path, changed);
  };
}

function read(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new NamedError(
      'invalid-input',
      `the TLS ${what} of the API cannot be read from ${path}; check the path and its permissions`,
      {
        cause,
      },
    );
  }
}
