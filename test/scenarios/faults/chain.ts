/** A key with a certificate and the intermediate that issued it, made by openssl. */
import { createHash, X509Certificate } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Chain {
  readonly key: string;
  /** Leaf first. */
  readonly certificates: string;
  /** The SHA-256 of each certificate, as clients see them. */
  readonly fingerprints: string;
}

export function makeChain(
  name: string,
  keyType: readonly string[] = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
): Chain {
  const folder = mkdtempSync(join(tmpdir(), 'signet-chain-'));
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  const read = (file: string) => readFileSync(join(folder, file), 'utf8');
  const issue = (subject: string, key: string, out: string, ...more: readonly string[]) =>
    openssl(
      'req',
      '-x509',
      ...keyType,
      '-noenc',
      '-days',
      '30',
      '-subj',
      `/CN=${subject}`,
      '-keyout',
      key,
      '-out',
      out,
      ...more,
    );
  try {
    const ca = ['-addext', 'basicConstraints=critical,CA:true'];
    issue(`${name} root`, 'root.key', 'root.pem', ...ca);
    issue(
      `${name} intermediate`,
      'intermediate.key',
      'intermediate.pem',
      ...ca,
      '-CA',
      'root.pem',
      '-CAkey',
      'root.key',
    );
    const server = ['-addext', 'basicConstraints=critical,CA:false', '-addext', `subjectAltName=DNS:${name}`];
    issue(name, 'leaf.key', 'leaf.pem', ...server, '-CA', 'intermediate.pem', '-CAkey', 'intermediate.key');
    const served = [read('leaf.pem'), read('intermediate.pem')];
    const fingerprints = served.map((pem) => createHash('sha256').update(new X509Certificate(pem).raw).digest('hex'));
    return { key: read('leaf.key'), certificates: served.join(''), fingerprints: fingerprints.join(' ') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
