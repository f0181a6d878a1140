/** The trust lists that outbound verification uses, as the one file that Postfix can read before it enters its chroot. */
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
  const { system, bundles } = chosen(settings);
  return {
    smtp_tls_CAfile: bundles.length > 0 ? currentPath(trustPath) : system ? systemTrust(facts.os) : '',
    // Further places of trust would add to the lists that were chosen, or replace them.
    smtp_tls_CApath: '',
    smtp_tls_trust_anchor_file: '',
    tls_append_default_CA: 'no',
  };
}

/** The custom lists, with the system's where that is chosen too, as a file of the generation. */
export function trustFiles(settings: Settings, facts: Facts): readonly ManifestFile[] {
  const { system, bundles } = chosen(settings);
  if (bundles.length === 0) return [];
  const parts = bundles.map((bundle) => ({ bundle }));
  return [{ path: trustPath, parts: [...parts, ...(system ? [{ system: systemTrust(facts.os) }] : [])] }];
}

const trustPath = 'trust/outbound.pem';

function chosen({ outbound, trust }: Settings): { readonly system: boolean; readonly bundles: readonly string[] } {
  const lists = trustNames(outbound).map((name) => named(trust, name, 'outbound', 'trust list'));
  return {
    system: lists.some(({ source }) => source === 'system'),
    bundles: [...new Set(lists.flatMap((list) => (list.source === 'bundle' ? [list.bundle] : [])))],
  };
}
