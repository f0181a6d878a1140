/** What lies behind a machine's settings where they lead to files of Signet's own: known from the manifest, without reading them. */
import type { Manifest, ManifestFile } from '../../../schema/types.generated.ts';
import { currentPath } from '../../platform.ts';
import { pairId, type Material } from './sources.ts';

export function ownMaterial({ files }: Pick<Manifest, 'files'>): Material {
  return {
    certificates: new Map(files.flatMap(pairIn)),
    bundles: new Map(files.flatMap(bundleIn)),
    tables: new Map(files.flatMap(tableIn)),
    faults: new Map(),
  };
}

/** Both; what was read on the machine comes first. */
export function together(read: Material, own: Material): Material {
  return {
    certificates: new Map([...own.certificates, ...read.certificates]),
    bundles: new Map([...own.bundles, ...read.bundles]),
    tables: new Map([...own.tables, ...read.tables]),
    faults: read.faults,
  };
}

function pairIn({ path, parts }: ManifestFile) {
  const [key] = parts.flatMap((part) => ('key' in part ? [part.key] : []));
  const [chain] = parts.flatMap((part) => ('chain' in part ? [part.chain] : []));
  if (key === undefined || chain === undefined) return [];
  const file = currentPath(path);
  return [[pairId({ certificate: file, key: file }), { key, chain }] as const];
}

function bundleIn({ path, parts }: ManifestFile) {
  const [only, ...more] = parts;
  return only && 'bundle' in only && more.length === 0 ? [[currentPath(path), only.bundle] as const] : [];
}

function tableIn({ path, parts }: ManifestFile) {
  const [only, ...more] = parts;
  if (!only || !('text' in only) || more.length > 0) return [];
  const rows = only.text.split('\n').flatMap((line) => {
    const [, key, value] = /^([^#\s]\S*)\s+(.*)$/.exec(line) ?? [];
    return key === undefined ? [] : [[key, (value ?? '').trim()] as const];
  });
  return [[`texthash:${currentPath(path)}`, rows] as const];
}
