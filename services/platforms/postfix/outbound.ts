/** How mail leaves, as main.cf parameters: trust, client certificate, address and name. */
import type { Facts, ManifestFile, Settings, TrustList } from '../../schema/types.generated.ts';
import { currentPath } from '../platform.ts';
import { certificatePath } from './certificates.ts';
import { destinationParameters, policyPath } from './destinations.ts';
import { canonicalAddress, isWildcard } from './endpoints.ts';
import { named } from './reference.ts';
import { systemTrust } from './system-trust.ts';

export function outboundParameters(settings: Settings, facts: Facts): Readonly<Record<string, string>> {
  const { certificate } = settings.outbound;
  return {
    ...destinationParameters(settings.destinations),
    ...deliveryParameters(settings),
    smtp_tls_policy_maps: `texthash:${currentPath(policyPath)}`,
    smtp_tls_CAfile: trustFile(settings, facts),
    // Further places of trust would add to the list that was chosen, or replace it.
    smtp_tls_CApath: '',
    smtp_tls_trust_anchor_file: '',
    smtp_tls_chain_files: certificate === undefined ? '' : currentPath(certificatePath(certificate)),
    // Used where there are no chain files, and warned about where there are.
    smtp_tls_cert_file: '',
    smtp_tls_dcert_file: '',
    smtp_tls_eccert_file: '',
  };
}

/** The bundle that a custom trust list is, as a file of the generation. */
export function trustFiles({ outbound, trust }: Settings): readonly ManifestFile[] {
  const list = trustList(outbound.trust, trust);
  return list.source === 'bundle' ? [{ path: trustPath(outbound.trust), parts: [{ bundle: list.bundle }] }] : [];
}

function trustFile({ outbound, trust }: Settings, facts: Facts): string {
  const list = trustList(outbound.trust, trust);
  return list.source === 'bundle' ? currentPath(trustPath(outbound.trust)) : systemTrust(facts.os);
}

function trustList(name: string, trust: Settings['trust']): TrustList {
  return named(trust, name, 'outbound', 'trust list');
}

function trustPath(name: string): string {
  return `trust/${name}.pem`;
}

/** Without a delivery interface the machine's own settings stay. */
function deliveryParameters({ outbound, interfaces }: Settings): Readonly<Record<string, string>> {
  if (outbound.interface === undefined) return {};
  const { address, hostname } = named(interfaces, outbound.interface, 'outbound', 'interface');
  const bound = address === 'all' || isWildcard(address) ? '' : canonicalAddress(address);
  return {
    smtp_bind_address: bound.includes(':') ? '' : bound,
    smtp_bind_address6: bound.includes(':') ? bound : '',
    smtp_helo_name: hostname,
  };
}
