/** What has to be read of a machine besides main.cf and master.cf to know what its TLS settings mean, and what was read. */
import type { CertificateBinding } from '../../../schema/types.generated.ts';
import { lookupFiles } from '../../ldap/present.ts';
import { words as splitWords } from '../starttls.ts';
import { wordsOf, type Words } from './words.ts';
import type { PostfixFacts } from '../../../schema/types.generated.ts';

/** A certificate and its key; both are in one file where the paths are the same. */
export interface Pair {
  readonly certificate: string;
  readonly key: string;
  /** The parameters that say so, and which others name further pairs that Signet has no room for. */
  readonly parameters: readonly string[];
  readonly further: readonly string[];
}

export interface Sources {
  readonly pairs: readonly Pair[];
  /** Files with certificate authorities. */
  readonly bundles: readonly string[];
  /** Lookup tables by type and name, as postmap takes them. */
  readonly tables: readonly string[];
  /** Files of lookups that are the machine's own affair. */
  readonly lookups: readonly string[];
}

/** What was read, by path or table; what could not be is absent, and `faults` says why where there is more to say. */
export interface Material {
  readonly certificates: ReadonlyMap<string, CertificateBinding>;
  readonly bundles: ReadonlyMap<string, string>;
  readonly tables: ReadonlyMap<string, readonly (readonly [key: string, value: string])[]>;
  readonly faults: ReadonlyMap<string, string>;
}

export function sourcesOf(facts: PostfixFacts): Sources {
  const words = wordsOf(facts);
  const pairs = [...words.services.map((service) => pairOf('smtpd', service.value)), clientPair(words)];
  const bundle = words.main('smtp_tls_CAfile') ?? '';
  return {
    pairs: [...new Map(pairs.flatMap((pair) => (pair ? [[pairId(pair), pair] as const] : []))).values()],
    bundles: isPath(bundle) ? [bundle] : [],
    tables: splitWords(words.main('smtp_tls_policy_maps') ?? '').filter(isTable),
    lookups: lookupFiles(facts),
  };
}

/** What of it a gateway tells the digests of: files with certificates, and tables. */
export function digestedNames({ pairs, bundles, tables }: Sources): readonly string[] {
  return [...new Set([...pairs.map(({ certificate }) => certificate), ...bundles, ...tables])];
}

export function pairId({ certificate, key }: Pick<Pair, 'certificate' | 'key'>): string {
  return `${certificate} ${key}`;
}

export function clientPair(words: Words): Pair | undefined {
  return pairOf('smtp', words.main);
}

/** What is shown, in Postfix's own order: chain files, and else, of an ECDSA and an RSA certificate, the one that most peers get to see. */
export function pairOf(side: 'smtpd' | 'smtp', value: (name: string) => string | undefined): Pair | undefined {
  const said = (name: string) => value(`${side}_tls_${name}`) ?? '';
  const [chain, ...more] = splitWords(said('chain_files'));
  if (chain !== undefined) {
    return isPath(chain)
      ? { certificate: chain, key: chain, parameters: [`${side}_tls_chain_files`], further: more }
      : undefined;
  }
  const kinds = ['eccert', 'cert', 'dcert'].filter((kind) => isPath(said(`${kind}_file`)));
  const [kind, ...others] = kinds;
  if (kind === undefined) return undefined;
  const certificate = said(`${kind}_file`);
  const keyName = `${kind.replace('cert', 'key')}_file`;
  const key = isPath(said(keyName)) ? said(keyName) : certificate;
  return {
    certificate,
    key,
    parameters: [`${side}_tls_${kind}_file`, `${side}_tls_${keyName}`],
    further: others.map((other) => `${side}_tls_${other}_file`),
  };
}

/** Tables that postmap can list; the others are programs or patterns. */
export function isTable(name: string): boolean {
  return /^(hash|btree|lmdb|cdb|dbm|sdbm|texthash):\/[^\n]*$/.test(name);
}

function isPath(text: string): boolean {
  return text.startsWith('/') && !text.includes('\n');
}
