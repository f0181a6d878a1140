/**
 * From effective settings to what Postfix must have. Of the facts only version, os and myhostname count, so digests are stable;
 * where clients of a listener are told apart, also what its owner says about them (owner.ts).
 */
import type { Rendered, RenderInput } from '../platform.ts';
import { certificateFiles } from './certificates.ts';
import { policyPath, policyTable } from './destinations.ts';
import { inboundFiles } from './inbound.ts';
import { listenerCertificates, probes, services } from './listeners.ts';
import { outboundParameters } from './outbound.ts';
import { protocolParameters } from './protocols.ts';
import { certificateDomains, transportPath, transports, transportTable } from './transports.ts';
import { trustFiles } from './trust.ts';

export function render({ settings, facts }: RenderInput): Rendered {
  if (!facts.postfix) return { files: [], probes: [] };
  const { version } = facts.postfix;
  const client = settings.outbound.certificate;
  const certificates = new Map([
    ...listenerCertificates(settings),
    ...(client === undefined ? [] : ([[client, 'outbound']] as const)),
    ...[...certificateDomains(settings)].map(([name, [domain]]) => [name, `destination ${domain ?? ''}`] as const),
  ]);
  const delivering = transports(settings);
  const parameters = {
    ...protocolParameters('smtpd', settings.protocols.inbound, version),
    ...protocolParameters('smtp', settings.protocols.outbound, version),
    ...outboundParameters(settings, facts),
  };
  return {
    files: [
      ...certificateFiles(certificates, settings),
      { path: policyPath, parts: [{ text: policyTable(settings.destinations) }] },
      ...(delivering.length > 0 ? [{ path: transportPath, parts: [{ text: transportTable(settings) }] }] : []),
      ...trustFiles(settings, facts),
      ...inboundFiles(settings, facts, facts.postfix),
    ],
    probes: probes(settings),
    postfix: {
      parameters: Object.fromEntries(Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1))),
      services: services(settings, facts, facts.postfix),
      ...(delivering.length > 0 ? { transports: delivering } : {}),
    },
  };
}
