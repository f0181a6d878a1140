/** A CA, and certificates of it, made by openssl for tests of mutual TLS. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Authority {
  /** Path of its certificate. */
  readonly ca: string;
  /** Makes a certificate for a host or user; the paths of its certificate and key. */
  issue(name: string, alternativeName: string): { readonly certificate: string; readonly key: string };
}

export function authority(folder: string, name: string): Authority {
  const at = (file: string) => join(folder, `${name}-${file}`);
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const [ca, caKey] = [at('ca.pem'), at('ca.key')];
  openssl('req', '-x509', ...newKey, '-keyout', caKey, '-out', ca, '-subj', `/CN=${name}`, '-days', '2');
  return {
    ca,
    issue(subject, alternativeName) {
      const [certificate, key, request, extensions] = ['pem', 'key', 'csr', 'ext'].map((end) =>
        at(`${subject}.${end}`),
      );
      if (!certificate || !key || !request || !extensions) throw new Error('four names');
      writeFileSync(extensions, `subjectAltName=${alternativeName}\n`);
      openssl('req', ...newKey, '-keyout', key, '-out', request, '-subj', `/CN=${subject}`);
      const by = ['-CA', ca, '-CAkey', caKey, '-CAcreateserial', '-days', '2', '-extfile', extensions];
      openssl('x509', '-req', '-in', request, '-out', certificate, ...by);
      return { certificate, key };
    },
  };
}

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' });
}
