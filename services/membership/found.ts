/** A machine's present TLS settings, read with the files behind them; its certificates are checked, and kept only where they are adopted. */
import { isNamed } from '../errors.ts';
import type { ChainFacts } from '../pki/chain-facts.ts';
import { readBundle } from '../pki/bundle.ts';
import { chainId } from '../pki/certificate.ts';
import type { PkiService } from '../pki/service.ts';
import { presentLookup } from '../platforms/ldap/present.ts';
import { presentServers } from '../platforms/nginx/present.ts';
import { readPresent, type Present } from '../platforms/postfix/present/present.ts';
import { pairId, sourcesOf, type Material } from '../platforms/postfix/present/sources.ts';
import type { TlsSetting } from '../platforms/postfix/present/words.ts';
import type { Elevation } from '../push/call.ts';
import { readSources } from '../push/sources.ts';
import type { Connection } from '../push/ssh.ts';
import type { CertificateBinding, Facts, PostfixFacts } from '../schema/types.generated.ts';

/** A certificate as it was found, without its key. */
export interface FoundCertificate {
  readonly path: string;
  readonly binding: CertificateBinding;
  readonly facts: ChainFacts;
}

export interface Found extends Present {
  readonly certificates: readonly FoundCertificate[];
}

export interface FindDeps {
  readonly pki: Pick<PkiService, 'importPem' | 'putBundle'>;
  readonly now: () => Date;
}

/** With `keep`, keys are sealed and chains stored; without, nothing is. Undefined for a machine without Postfix. */
export async function findSettings(
  deps: FindDeps,
  connection: Connection,
  as: Elevation,
  facts: Facts,
  keep: boolean,
): Promise<Found | undefined> {
  const { postfix } = facts;
  if (!postfix) return undefined;
  const { material, certificates, others } = await findMaterial(deps, connection, as, { ...facts, postfix }, keep);
  const { layer, settings } = readPresent(facts, postfix, material);
  const theirs = others.map((setting) => ({ ...setting, meaning: { kind: 'own' } as const }));
  return { layer, settings: [...settings, ...theirs], certificates };
}

export interface Read {
  readonly material: Material;
  readonly certificates: readonly FoundCertificate[];
  /** What other daemons than Postfix say of TLS. */
  readonly others: readonly TlsSetting[];
}

/** The files behind a machine's settings, and what of them is certificates. */
export async function findMaterial(
  { pki, now }: FindDeps,
  connection: Connection,
  as: Elevation,
  { postfix, nginx }: Pick<Facts, 'nginx'> & { readonly postfix: PostfixFacts },
  keep: boolean,
): Promise<Read> {
  const sources = sourcesOf(postfix);
  const texts = await readSources(connection, as, sources, nginx !== undefined);
  const faults = new Map<string, string>();
  const certificates: FoundCertificate[] = [];
  const bindings = new Map<string, CertificateBinding>();
  for (const pair of sources.pairs) {
    const parts = [...new Set([pair.certificate, pair.key])].map((path) => texts.files.get(path));
    if (parts.some((part) => part === undefined)) continue;
    await readable(pairId(pair), faults, async () => {
      const { binding, facts: chain } = await pki.importPem(parts.join('\n'), undefined, !keep);
      bindings.set(pairId(pair), binding);
      certificates.push({ path: pair.certificate, binding, facts: chain });
    });
  }
  const bundles = new Map<string, string>();
  for (const path of sources.bundles) {
    const pem = texts.files.get(path);
    if (pem === undefined) continue;
    await readable(path, faults, async () => {
      bundles.set(path, keep ? (await pki.putBundle(pem)).bundle : chainId(readBundle(pem, now()).certificates));
    });
  }
  const tables = new Map([...texts.tables].map(([name, text]) => [name, rowsOf(text)]));
  const others = [
    ...sources.lookups.flatMap((path) => presentLookup(path, texts.files.get(path) ?? '')),
    ...presentServers(texts.nginx ?? ''),
  ];
  return { material: { certificates: bindings, bundles, tables, faults }, certificates, others };
}

async function readable(name: string, faults: Map<string, string>, read: () => Promise<void>): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (!isNamed(error)) throw error;
    faults.set(name, error.message);
  }
}

/** Lines of `postmap -s`: key, tab, value. */
function rowsOf(text: string): readonly (readonly [string, string])[] {
  return text.split('\n').flatMap((line) => {
    const tab = line.indexOf('\t');
    return tab < 0 ? [] : [[line.slice(0, tab), line.slice(tab + 1).trim()] as const];
  });
}
