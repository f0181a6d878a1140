/** How a machine delivers, as outbound settings and destinations. */
import type { CertificateBinding, Destination } from '../../../schema/types.generated.ts';
import { words as splitWords } from '../starttls.ts';
import { systemTrust } from '../system-trust.ts';
import { keyOf, type Expressed, type Meaning, type Reading } from './meaning.ts';
import { clientPair, isTable, pairId, type Material } from './sources.ts';
import { mainCfPlace, type Words } from './words.ts';

export interface OutboundReading extends Reading {
  readonly certificate?: readonly [name: string, binding: CertificateBinding];
  readonly isMandatory: boolean;
}

export function readOutbound(
  words: Words,
  os: string,
  material: Material,
  named: ReadonlyMap<string, CertificateBinding>,
): OutboundReading {
  const meanings = new Map<string, Meaning>();
  const mean = (name: string, meaning: Meaning) => meanings.set(keyOf({ place: mainCfPlace, name }), meaning);
  const expressed: Expressed[] = [];

  const standard = destinationOf(levelIn(words), [], words);
  expressed.push({ path: ['destinations', 'default'], value: { ...(standard ?? { tls: 'preferred' }) } });
  const levelMeaning: Meaning = standard
    ? { kind: 'expressed', pointer: '/destinations/default' }
    : { kind: 'lost', why: 'Signet has no such level for all domains' };
  for (const name of ['smtp_tls_security_level', 'smtp_use_tls', 'smtp_enforce_tls']) mean(name, levelMeaning);
  if (standard?.tls === 'required-verify') {
    for (const name of ['smtp_tls_verify_cert_match', 'smtp_tls_secure_cert_match']) mean(name, levelMeaning);
  }

  const lost: string[] = [];
  const tables = splitWords(words.main('smtp_tls_policy_maps') ?? '');
  // Postfix takes the first table that has a row.
  for (const table of [...tables].reverse()) {
    const rows = isTable(table) ? material.tables.get(table) : undefined;
    if (!rows) lost.push(`${table} cannot be listed`);
    for (const [domain, policy] of rows ?? []) {
      const [level = '', ...attributes] = policy.split(/[\s,]+/);
      const destination = isDomain(domain) ? destinationOf(level, attributes, words) : undefined;
      if (destination) expressed.push({ path: ['destinations', domain.toLowerCase()], value: { ...destination } });
      const extra = attributes.filter((attribute) => !attribute.startsWith('match='));
      if (!destination) lost.push(`the row of ${domain} (${policy})`);
      else if (extra.length > 0) lost.push(`${extra.join(' ')} of ${domain}`);
    }
  }
  mean(
    'smtp_tls_policy_maps',
    lost.length === 0
      ? { kind: 'expressed', pointer: '/destinations' }
      : { kind: 'lost', why: `all but: ${lost.join('; ')}` },
  );

  const trust = trustIn(words, os, material);
  expressed.push(...trust.expressed);
  for (const name of ['smtp_tls_CAfile', 'smtp_tls_CApath', 'tls_append_default_CA']) {
    mean(name, trust.lost.get(name) ?? { kind: 'expressed', pointer: '/outbound/trust' });
  }

  const pair = clientPair(words);
  const binding = pair && material.certificates.get(pairId(pair));
  const known = binding && [...named].find(([, { key, chain }]) => key === binding.key && chain === binding.chain)?.[0];
  const name = known ?? 'client';
  if (binding) expressed.push({ path: ['outbound', 'certificate'], value: name });
  for (const each of pair?.parameters ?? []) {
    const why = (pair && material.faults.get(pairId(pair))) ?? 'the file could not be read';
    mean(each, binding ? { kind: 'expressed', pointer: '/outbound/certificate' } : { kind: 'lost', why });
  }
  for (const each of pair?.further ?? []) mean(each, { kind: 'lost', why: 'Signet shows one certificate outbound' });
  const tls = standard?.tls ?? 'preferred';
  return {
    expressed,
    meanings,
    ...(binding ? { certificate: [name, binding] as const } : {}),
    isMandatory: !['none', 'preferred', 'dane'].includes(tls),
  };
}

function levelIn(words: Words): string {
  const level = words.main('smtp_tls_security_level') ?? '';
  if (level !== '') return level;
  if (words.main('smtp_enforce_tls') === 'yes') return 'verify';
  return words.main('smtp_use_tls') === 'yes' ? 'may' : 'none';
}

/** A level with its attributes (postconf smtp_tls_policy_maps); undefined where Signet has no word for it. */
function destinationOf(level: string, attributes: readonly string[], words: Words): Destination | undefined {
  const match = attributes.flatMap((text) => (text.startsWith('match=') ? text.slice(6).split(/[:|]/) : []));
  switch (level) {
    case 'none':
      return { tls: 'none' };
    case 'may':
      return { tls: 'preferred' };
    case 'encrypt':
      return { tls: 'required' };
    case 'dane':
    case 'dane-only':
      return { tls: level };
    case 'verify':
      return verified(match.length > 0 ? match : splitNames(words.main('smtp_tls_verify_cert_match') ?? 'hostname'));
    case 'secure':
      return verified(
        match.length > 0 ? match : splitNames(words.main('smtp_tls_secure_cert_match') ?? 'nexthop, dot-nexthop'),
      );
    case 'fingerprint':
      return fingerprinted(attributes, words);
    default:
      return undefined;
  }
}

function verified(names: readonly string[]): Destination | undefined {
  if (names.join() === 'hostname') return { tls: 'required-verify' };
  const [first, ...rest] = [...new Set(names)];
  if (first === undefined || names.some((name) => !/^\.?[a-z0-9_][a-z0-9_.-]*$/.test(name))) return undefined;
  return { tls: 'required-verify', match: [first, ...rest] };
}

function fingerprinted(attributes: readonly string[], words: Words): Destination | undefined {
  const given = attributes.flatMap((text) => (text.startsWith('match=') ? text.slice(6).split('|') : []));
  const all = given.length > 0 ? given : splitNames(words.main('smtp_tls_fingerprint_cert_match') ?? '');
  const [first, ...rest] = [...new Set(all.map((text) => text.replaceAll(':', '').toLowerCase()))];
  if (first === undefined || [first, ...rest].some((digest) => !/^[0-9a-f]{64}$/.test(digest))) return undefined;
  return { tls: 'fingerprint', fingerprints: [first, ...rest] };
}

function splitNames(text: string): readonly string[] {
  return text.split(/[\s,:]+/).filter((word) => word !== '');
}

function isDomain(text: string): boolean {
  return /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/i.test(text);
}

function trustIn(
  words: Words,
  os: string,
  material: Material,
): { readonly expressed: readonly Expressed[]; readonly lost: ReadonlyMap<string, Meaning> } {
  const file = words.main('smtp_tls_CAfile') ?? '';
  const folder = words.main('smtp_tls_CApath') ?? '';
  const lost = new Map<string, Meaning>();
  const isSystemFolder = ['/etc/ssl/certs', '/etc/pki/tls/certs'].includes(folder.replace(/\/$/, ''));
  if (folder !== '' && !isSystemFolder) {
    lost.set('smtp_tls_CApath', { kind: 'lost', why: 'a folder of authorities is not read; add them as a trust list' });
  }
  const bundle = file === systemTrust(os) ? undefined : material.bundles.get(file);
  if (file !== '' && file !== systemTrust(os) && bundle === undefined) {
    lost.set('smtp_tls_CAfile', { kind: 'lost', why: material.faults.get(file) ?? 'the file could not be read' });
  }
  const system = file === systemTrust(os) || isSystemFolder || words.main('tls_append_default_CA') === 'yes';
  const names = [...(system ? ['system'] : []), ...(bundle === undefined ? [] : ['outbound'])];
  return {
    expressed: [
      ...(bundle === undefined ? [] : [{ path: ['trust', 'outbound'], value: { source: 'bundle', bundle } }]),
      { path: ['outbound', 'trust'], value: names },
    ],
    lost,
  };
}
