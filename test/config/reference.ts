/** The plain reference model that `resolve` is held against: merge patch (RFC 7396), layer by layer, then the defaults of fields. */
import { isObject, type Json, type JsonObject } from '../../services/schema/json.ts';

function delivered(): JsonObject {
  return { paths: {}, owner: 'root', group: 'root', mode: '0640' };
}

type Tree = Record<string, unknown>;

const unitSections = ['certificates', 'trust', 'destinations'];
const fieldDefaults: Readonly<Record<string, JsonObject>> = {
  listeners: {
    role: 'public',
    certificate: 'demonstration',
    tls: 'starttls',
    policy: 'default',
    probe: 'controller',
  },
  mailFlowPolicies: { tls: 'preferred', clientCertificate: 'ignore', trust: ['system'] },
  protocols: { minimum: 'TLSv1.2', ciphers: 'medium', exclude: [] },
  ldap: { filter: '(mail=%s)', result: 'maildrop', bind: 'anonymous', trust: ['system'], timeoutSeconds: 10 },
  services: delivered(),
};
const sections = [...unitSections, ...Object.keys(fieldDefaults), 'interfaces', 'senderGroups', 'outbound'];

export function referenceResolve(layers: readonly JsonObject[]): Json {
  const out: Tree = {};
  for (const layer of layers) patch(out, layer, '');
  for (const section of sections) out[section] = { ...(out[section] as Tree | undefined) };
  out['outbound'] = { trust: ['system'], alertRequiredTls: true, ...(out['outbound'] as Tree) };
  out['urlFiltering'] = { ...delivered(), ...(out['urlFiltering'] as Tree | undefined) };
  out['alerts'] = { webhooks: [], ladder: [90, 60, 30, 15, 7, 3, 2, 1, 0], ...(out['alerts'] as Tree | undefined) };
  out['protocols'] = { inbound: {}, outbound: {}, ...(out['protocols'] as Tree) };
  for (const [section, fallback] of Object.entries(fieldDefaults)) {
    const entries = Object.entries(out[section] as Record<string, Tree>);
    out[section] = Object.fromEntries(entries.map(([name, entry]) => [name, { ...fallback, ...entry }]));
  }
  (out['protocols'] as Tree)['https'] = { minimum: 'TLSv1.2', ...((out['protocols'] as Tree)['https'] as Tree) };
  return out as Json;
}

function patch(target: Tree, layer: JsonObject, section: string): void {
  for (const [name, value] of Object.entries(layer)) {
    if (value === null) Reflect.deleteProperty(target, name);
    else if (!isObject(value) || unitSections.includes(section)) target[name] = value;
    else {
      target[name] = isObject(target[name] as Json | undefined) ? target[name] : {};
      patch(target[name] as Tree, value, section === '' ? name : 'within');
    }
  }
}

/** All leaves of a layer by pointer; null is one. Names in tests need no escaping. */
export function flatten(value: Json, at = '', section = '', depth = 0): ReadonlyMap<string, Json> {
  const isUnit = depth === 2 && unitSections.includes(section);
  if (!isObject(value) || isUnit) return new Map([[at, value]]);
  return new Map(
    Object.entries(value).flatMap(([name, inner]) => [
      ...flatten(inner, `${at}/${name}`, depth === 0 ? name : section, depth + 1),
    ]),
  );
}
