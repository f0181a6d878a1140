/** Links that were taken away or replaced by hand. What they lead to changes with the generation alone. */
import type { Facts, Manifest } from '../../schema/types.generated.ts';

export function drift({ links }: Facts, deployed: Manifest, wanted?: Manifest): readonly string[] {
  const next = wanted && new Set(linksOf(wanted));
  return linksOf(deployed).flatMap((path) => {
    if (next && !next.has(path)) return [];
    const found = links?.[path];
    if (found === 'gone') return [`the link ${path} is gone`];
    if (found !== 'foreign') return [];
    return [`${path} is no link of Signet's any more; move away what is there, as nothing of others is overwritten`];
  });
}

export function linksOf({ files }: Manifest): readonly string[] {
  return files.flatMap(({ link }) => (link === undefined ? [] : [link]));
}
