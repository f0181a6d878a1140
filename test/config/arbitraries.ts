/** Random layers and operations over a small world, so that levels meet in the same places. */
import fc from 'fast-check';

import type { JsonObject } from '../../services/schema/json.ts';
import type { Operation } from '../../services/schema/types.generated.ts';

const digest = fc.constantFrom('a'.repeat(64), 'b'.repeat(64));
const name = fc.constantFrom('public', 'main', 'mx', 'constructor');
const domain = fc.constantFrom('default', 'example.org', 'example.net');

const fields = {
  binding: fc.record({ key: digest, chain: digest }),
  trust: fc.oneof(fc.constant({ source: 'system' }), fc.record({ source: fc.constant('bundle'), bundle: digest })),
  destination: fc.oneof(
    fc.record({ tls: fc.constantFrom('none', 'preferred', 'dane') }),
    fc.record({ tls: fc.constant('fingerprint'), fingerprints: fc.constantFrom(['a'.repeat(64)], ['b'.repeat(64)]) }),
  ),
  minimum: fc.constantFrom('TLSv1.2', 'TLSv1.3'),
  exclude: fc.constantFrom<string[]>([], ['RC4'], ['RC4', 'aNULL']),
  port: fc.constantFrom(25, 587),
  hostname: fc.constantFrom('a.example', 'b.example'),
  senders: fc.constantFrom<string[]>([], ['192.0.2.0/24'], ['mail.example', '.example', 'unknown']),
};

const orNull = (arbitrary: fc.Arbitrary<unknown>) => fc.option(arbitrary, { freq: 4 });
const table = (keys: fc.Arbitrary<string>, entry: fc.Arbitrary<unknown>) =>
  orNull(fc.dictionary(keys, orNull(entry), { maxKeys: 3, noNullPrototype: true }));
const partial = (model: Readonly<Record<string, fc.Arbitrary<unknown>>>) =>
  fc.record(Object.fromEntries(Object.entries(model).map(([key, inner]) => [key, orNull(inner)])), {
    requiredKeys: [],
    noNullPrototype: true,
  });

/** A valid layer, tombstones at every depth included. */
export const layer: fc.Arbitrary<JsonObject> = fc
  .record(
    {
      certificates: table(name, fields.binding),
      trust: table(name, fields.trust),
      destinations: table(domain, fields.destination),
      protocols: orNull(
        partial({
          inbound: partial({ minimum: fields.minimum, exclude: fields.exclude }),
          outbound: partial({ exclude: fields.exclude }),
        }),
      ),
      interfaces: table(name, partial({ hostname: fields.hostname })),
      listeners: table(
        name,
        partial({
          interface: name,
          port: fields.port,
          certificate: name,
          tls: fc.constantFrom('starttls', 'implicit'),
        }),
      ),
      mailFlowPolicies: table(name, partial({ tls: fc.constantFrom('off', 'required') })),
      senderGroups: table(name, table(name, partial({ order: fields.port, senders: fields.senders, policy: name }))),
      ldap: table(name, partial({ certificate: name, servers: fc.constant(['ldaps://a.example']) })),
      services: table(
        name,
        partial({
          certificate: name,
          group: name,
          paths: partial({ key: fc.constantFrom('/etc/a.pem', '/etc/b.pem') }),
        }),
      ),
      urlFiltering: orNull(partial({ certificate: name, owner: name })),
      outbound: orNull(partial({ certificate: name, trust: fc.oneof(name, fc.uniqueArray(name)) })),
    },
    { requiredKeys: [], noNullPrototype: true },
  )
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonObject);

const places = fc.oneof(
  setting('/certificates', name, fields.binding),
  setting('/destinations', domain, fields.destination),
  setting('/listeners', name, fc.record({ port: fields.port }), { port: fields.port, certificate: name }),
  setting('/mailFlowPolicies', name, fc.record({ tls: fc.constantFrom('off', 'required') }), {
    tls: fc.constantFrom('off', 'required'),
  }),
  setting('/protocols', fc.constantFrom('inbound', 'outbound'), fc.record({ minimum: fields.minimum }), {
    minimum: fields.minimum,
    exclude: fields.exclude,
  }),
);

/** An operation on settings at a level; not every one can be applied to every configuration. */
export function settingOperation(levels: readonly string[]): fc.Arbitrary<Operation> {
  return fc
    .tuple(fc.constantFrom(...levels), fc.constantFrom('set', 'set', 'set', 'unset', 'remove'), places)
    .map(([level, op, { path, value }]): Operation => {
      if (op === 'set') return { op, level, path, value };
      return op === 'unset' ? { op, level, path } : { op: 'remove', level, path };
    });
}

function setting(
  section: string,
  names: fc.Arbitrary<string>,
  entry: fc.Arbitrary<unknown>,
  inner: Readonly<Record<string, fc.Arbitrary<unknown>>> = {},
): fc.Arbitrary<{ readonly path: string; readonly value: unknown }> {
  const whole = fc.dictionary(names, entry, { minKeys: 1, maxKeys: 2, noNullPrototype: true });
  return fc.oneof(
    { arbitrary: whole.map((value) => ({ path: section, value })), weight: 1 },
    { arbitrary: fc.tuple(names, entry).map(([key, value]) => ({ path: `${section}/${key}`, value })), weight: 3 },
    ...Object.entries(inner).map(([field, values]) => ({
      arbitrary: fc.tuple(names, values).map(([key, value]) => ({ path: `${section}/${key}/${field}`, value })),
      weight: 3,
    })),
  );
}

/** The same document with the keys of every object in another order. */
export function shuffled(value: unknown, seed: number): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, seed));
  if (typeof value !== 'object' || value === null) return value;
  const weight = (key: string) => Buffer.from(key).reduce((sum, byte) => (sum * 31 + byte + seed) % 1009, seed);
  const entries = Object.entries(value).sort(([a], [b]) => weight(a) - weight(b));
  return Object.fromEntries(entries.map(([key, inner]) => [key, shuffled(inner, seed)]));
}
