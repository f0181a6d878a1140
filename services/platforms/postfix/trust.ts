/** Trust lists as the one file that Postfix can read before it enters its chroot: for servers outbound, for clients inbound. */
import { createHash } from 'node:crypto';

import type { Facts, ManifestFile, Settings } from '../../schema/types.generated.ts';
import { currentPath } from '../platform.ts';
import { named } from '../reference.ts';
import { systemTrust } from './system-trust.ts';

/** The names of the lists, in order; a single name stands for a list of one. */
export function trustNames({ trust }: Settings['outbound']): readonly string[] {
  return [trust].flat();
}

/**
 * The system's list alone is used where it stands, so that its updates count at once. Everything else is one file of the
 * generation: there is one smtp_tls_CAfile, and smtp_tls_CApath is looked at from within the chroot (postconf
 * smtp_tls_CApath), where neither the system's folder nor a generation is.
 */
export function trustParameters(settings: Settings, facts: Facts): Readonly<Record<string, string>> {
  return {
    smtp_tls_CAfile: trustFile(outboundChoice(settings), outboundPath, facts),
    // Further places of trust would add to the lists that were chosen, or replace them.
    smtp_tls_CApath: '',
    smtp_tls_trust_anchor_file: '',
    tls_append_default_CA: 'no',
  };
}

/** The custom lists, with the system's where that is chosen too, as a file of the generation. */
export function trustFiles(settings: Settings, facts: Facts): readonly ManifestFile[] {
  return filesFor(outboundChoice(settings), outboundPath, facts);
}

/** Where a listener finds the lists that it checks client certificates against; `names` are those of its policies. */
export function clientTrustFile(names: readonly string[], { trust }: Settings, facts: Facts): string {
  const choice = chosen(names, trust, 'a mail flow policy');
  return trustFile(choice, clientPath(choice), facts);
}

/** The file that `clientTrustFile` names, where it is one of the generation; the same for the same lists. */
export function clientTrustFiles(names: readonly string[], { trust }: Settings, facts: Facts): readonly ManifestFile[] {
  const choice = chosen(names, trust, 'a mail flow policy');
  return filesFor(choice, clientPath(choice), facts);
}

/** Lists for a use of their own: where they are found, and the file at `path`, where that is one of the generation. `who` names them. */
export function trustAt(
  path: string,
  { names, who, trust }: { readonly names: readonly string[]; readonly who: string; readonly trust: Settings['trust'] },
  facts: Facts,
): { readonly file: string; readonly files: readonly ManifestFile[] } {
  const choice = chosen(names, trust, who);
  return { file: trustFile(choice, path, facts), files: filesFor(choice, path, facts) };
}

interface Choice {
  readonly system: boolean;
  readonly bundles: readonly string[];
}

const outboundPath = 'trust/outbound.pem';

function clientPath({ system, bundles }: Choice): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([system, bundles]))
    .digest('hex');
  return `trust/clients-${digest.slice(0, 16)}.pem`;
}

function trustFile({ system, bundles }: Choice, path: string, { os }: Facts): string {
  return bundles.length > 0 ? currentPath(path) : system ? systemTrust(os) : '';
}

function filesFor({ system, bundles }: Choice, path: string, { os }: Facts): readonly ManifestFile[] {
  if (bundles.length === 0) return [];
  const parts = bundles.map((bundle) => ({ bundle }));
  return [{ path, parts: [...parts, ...(system ? [{ system: systemTrust(os) }] : [])] }];
}

function outboundChoice({ outbound, trust }: Settings): Choice {
  return chosen(trustNames(outbound), trust, 'outbound');
}

function chosen(names: readonly string[], trust: Settings['trust'], who: string): Choice {
  const lists = names.map((name) => named(trust, name, who, 'trust list'));
  return {
    system: lists.some(({ source }) => source === 'system'),
    bundles: [...new Set(lists.flatMap((list) => (list.source === 'bundle' ? [list.bundle] : [])))],
  };
}
