/** The authorities that this machine's system trusts: what its chain verdicts call a known root. */
import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { rootCertificates } from 'node:tls';

const places = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
] as const;

/** Answers the list as it is now; it is read again when its file changes. Without such a file, Mozilla's list as Node has it. */
export function systemRoots(): () => readonly X509Certificate[] {
  let known: { readonly version: string; readonly roots: readonly X509Certificate[] } | undefined;
  return () => {
    const file = place();
    const version = file === undefined ? 'node' : `${file.path} ${file.changed}`;
    if (known?.version !== version) known = { version, roots: file ? read(file.path) : rootCertificates.map(parsed) };
    return known.roots;
  };
}

function place(): { readonly path: string; readonly changed: number } | undefined {
  for (const path of places) {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found) return { path, changed: found.mtimeMs };
  }
  return undefined;
}

function read(path: string): readonly X509Certificate[] {
  const blocks = readFileSync(path, 'latin1').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map(parsed);
}

function parsed(pem: string): X509Certificate {
  return new X509Certificate(pem);
}
