/** The roots that verdicts on chains know: those of this system, of the trust lists that the head binds, and of private authorities. */
import { X509Certificate } from 'node:crypto';

import { anchorsBySubject, type Anchor, type Anchors } from '../pki/anchors.ts';
import type { AuthorityService } from '../pki/authority/contract.ts';
import { splitPem } from '../pki/pem.ts';
import type { Configuration, TrustList } from '../schema/types.generated.ts';
import { trustLists } from './view.ts';

export interface RootSources {
  readonly authorities: Pick<AuthorityService, 'list'>;
  readonly system: () => readonly X509Certificate[];
  /** The authorities of a trust bundle. */
  readonly bundle: (id: string) => Promise<readonly X509Certificate[]>;
}

export async function knownRoots(
  { authorities, system, bundle }: RootSources,
  configuration: Configuration,
): Promise<Anchors> {
  const named = new Map([
    ...(await authorities.list()).map((one) => [one.bundle, `the authority ${one.name}`] as const),
    ...trustLists(configuration).flatMap(({ name, list }) =>
      list.source === 'bundle' ? [[list.bundle, `the trust list ${name}`] as const] : [],
    ),
  ]);
  const found: Anchor[] = system().map((x509) => ({ x509, source: "the system's list" }));
  for (const [id, source] of named) found.push(...(await bundle(id)).map((x509) => ({ x509, source })));
  return anchorsBySubject(found);
}

/** The roots of some lists: the system's stands for that of every machine. */
export async function listedRoots(
  { system, bundle }: Pick<RootSources, 'system' | 'bundle'>,
  lists: readonly TrustList[],
): Promise<Anchors> {
  const found: Anchor[] = [];
  for (const list of lists) {
    const [authorities, source] =
      list.source === 'system' ? [system(), "the system's list"] : [await bundle(list.bundle), 'a trust list'];
    found.push(...authorities.map((x509) => ({ x509, source })));
  }
  return anchorsBySubject(found);
}

export function readAuthorities(pem: string): readonly X509Certificate[] {
  return splitPem(pem).map(({ der }) => new X509Certificate(der));
}
