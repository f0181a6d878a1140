/** Certificates and files made by the real openssl, for tests to read. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs openssl in `folder` and returns what it printed; throws with its standard error when it fails. */
export function openssl(folder: string, args: readonly string[]): Buffer {
  return execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** What a test that needs openssl passes as `skip`. */
export const withoutOpenssl = missing();

function missing(): string | false {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'openssl is not installed';
  }
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'signet-pki-'));
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

export const algorithms = {
  rsa: ['rsa:2048'],
  ec: ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
} as const;

/**
 * Makes `root`, `intermediate` and `leaf` in `folder`, each with .key and .pem, and `stranger` beside them: a self-signed
 * certificate that has nothing to do with the others.
 */
export function makeHierarchy(folder: string, algorithm: keyof typeof algorithms): void {
  const authority = 'basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign\n';
  const newKey = ['-newkey', ...algorithms[algorithm], '-nodes'];
  writeFileSync(join(folder, 'authority.ext'), authority);
  writeFileSync(join(folder, 'leaf.ext'), 'subjectAltName=DNS:mail.example.test,IP:198.18.0.1\n');
  for (const name of ['root', 'stranger']) {
    const subject = ['-subj', `/O=Test/CN=${name}`, '-days', '30'];
    openssl(folder, ['req', '-x509', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.pem`, ...subject]);
  }
  for (const [name, issuer, extensions] of [
    ['intermediate', 'root', 'authority.ext'],
    ['leaf', 'intermediate', 'leaf.ext'],
  ] as const) {
    openssl(folder, ['req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/O=Test/CN=${name}`]);
    issue(folder, name, issuer, ['-out', `${name}.pem`, '-days', '20', '-extfile', extensions]);
  }
}

/** Signs the request of `name` with the key of `issuer`. */
export function issue(folder: string, name: string, issuer: string, args: readonly string[]): void {
  openssl(folder, ['x509', '-req', '-in', `${name}.csr`, '-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`, ...args]);
}

/** The text of files in `folder`, one after the other. */
export function texts(folder: string, ...names: readonly string[]): string {
  return names.map((name) => readFileSync(join(folder, name), 'utf8')).join('');
}
