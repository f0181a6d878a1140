/** A machine's present TLS settings in Signet's terms: the layer that says the same, and what becomes of each setting. */
import { withValueAt } from '../../../schema/pointer.ts';
import type { JsonObject } from '../../../schema/json.ts';
import type { Facts, PostfixFacts } from '../../../schema/types.generated.ts';
import { protocolParameters } from '../protocols.ts';
import { listenerOptions } from '../service-options.ts';
import { hostnameOf, readInbound } from './inbound.ts';
import { keyOf, type Expressed, type Meaning } from './meaning.ts';
import { readOutbound } from './outbound.ts';
import { readProtocols } from './protocols.ts';
import type { Material } from './sources.ts';
import { mainCfPlace, wordsOf, type TlsSetting } from './words.ts';

export interface PresentSetting extends TlsSetting {
  readonly meaning: Meaning;
}

export interface Present {
  readonly layer: JsonObject;
  readonly settings: readonly PresentSetting[];
}

export function readPresent({ hostname, os }: Facts, postfix: PostfixFacts, material: Material): Present {
  const words = wordsOf(postfix);
  const inbound = readInbound(words, hostnameOf(words, hostname), material);
  const outbound = readOutbound(words, os, material, inbound.certificates);
  const readings = [
    inbound,
    outbound,
    readProtocols('smtpd', words, inbound.isMandatory),
    readProtocols('smtp', words, outbound.isMandatory),
  ];
  const meanings = new Map(readings.flatMap((reading) => [...reading.meanings]));
  const certificates = new Map([...inbound.certificates, ...(outbound.certificate ? [outbound.certificate] : [])]);
  const expressed: readonly Expressed[] = [
    ...[...certificates].map(([name, { key, chain }]) => ({ path: ['certificates', name], value: { key, chain } })),
    ...readings.flatMap((reading) => reading.expressed),
  ];
  return {
    layer: expressed.reduce<JsonObject>((layer, { path, value }) => withValueAt(layer, path, value), {}),
    settings: words.settings.map((setting) => ({
      ...setting,
      meaning:
        meanings.get(keyOf(setting)) ??
        (isOwned(setting) ? { kind: 'lost', why: 'Signet sets it itself' } : { kind: 'own' }),
    })),
  };
}

/** What Signet would change on the machine, by place and name: an edit of it by hand is drift. */
export function ownedSettings(postfix: PostfixFacts): Readonly<Record<string, string>> {
  const owned = wordsOf(postfix).settings.filter(isOwned);
  return Object.fromEntries(owned.map((setting) => [keyOf(setting), setting.value]));
}

function isOwned({ place, name }: TlsSetting): boolean {
  return (
    listenerOptions.has(name) ||
    (place === mainCfPlace && (ownedParameters.has(name) || /_(use|enforce)_tls$/.test(name)))
  );
}

const anyProtocols = { minimum: 'TLSv1.2', ciphers: 'medium', exclude: [] } as const;

const ownedParameters: ReadonlySet<string> = new Set([
  ...Object.keys(protocolParameters('smtpd', anyProtocols, '3.6')),
  ...Object.keys(protocolParameters('smtp', anyProtocols, '3.6')),
  'smtp_tls_CAfile',
  'smtp_tls_CApath',
  'smtp_tls_cert_file',
  'smtp_tls_chain_files',
  'smtp_tls_dcert_file',
  'smtp_tls_eccert_file',
  'smtp_tls_key_file',
  'smtp_tls_eckey_file',
  'smtp_tls_policy_maps',
  'smtp_tls_security_level',
  'smtp_tls_trust_anchor_file',
  'smtpd_tls_key_file',
  'smtpd_tls_eckey_file',
  'tls_append_default_CA',
]);
