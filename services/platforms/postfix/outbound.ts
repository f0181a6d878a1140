/** How mail leaves, as main.cf parameters: what is demanded, trust, client certificate, address and name. */
import type { Facts, Settings } from '../../schema/types.generated.ts';
import { currentPath } from '../platform.ts';
import { certificatePath } from './certificates.ts';
import { destinationParameters, policyPath } from './destinations.ts';
import { canonicalAddress, isWildcard } from './endpoints.ts';
import { named } from '../reference.ts';
import { trustParameters } from './trust.ts';

export function outboundParameters(settings: Settings, facts: Facts): Readonly<Record<string, string>> {
  const { certificate } = settings.outbound;
  return {
    ...destinationParameters(settings.destinations),
    ...deliveryParameters(settings),
    smtp_tls_policy_maps: `texthash:${currentPath(policyPath)}`,
    ...trustParameters(settings, facts),
    smtp_tls_chain_files: certificate === undefined ? '' : currentPath(certificatePath(certificate)),
    // Used where there are no chain files, and warned about where there are.
    smtp_tls_cert_file: '',
    smtp_tls_dcert_file: '',
    smtp_tls_eccert_file: '',
  };
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
