/** From effective settings to tables for ldap_table(5), with what they show to servers and what they verify them with. */
import type { Facts, LDAPLookup, ManifestFile, Settings } from '../../schema/types.generated.ts';
import { currentPath, type Rendered, type RenderInput } from '../platform.ts';
import { trustAt } from '../postfix/trust.ts';
import { named } from '../reference.ts';

export function render({ settings, facts }: RenderInput): Rendered {
  const lookups = Object.entries(settings.ldap).sort(([a], [b]) => (a < b ? -1 : 1));
  return { files: lookups.flatMap(([name, lookup]) => filesOf(name, lookup, settings, facts)), probes: [] };
}

/** The table of a lookup, as a path in the generation. */
export function tablePath(name: string): string {
  return `ldap/${name}.cf`;
}

function filesOf(name: string, lookup: LDAPLookup, settings: Settings, facts: Facts): readonly ManifestFile[] {
  const who = `ldap ${name}`;
  const { file, files } = trustAt(`ldap/${name}/trust.pem`, { names: lookup.trust, who, trust: settings.trust }, facts);
  const client = `ldap/${name}/client.pem`;
  const table = text(lookup, {
    trust: file,
    ...(lookup.certificate === undefined ? {} : { client: currentPath(client) }),
  });
  return [
    { path: tablePath(name), parts: [{ text: table }], access: forAll, kind: 'ldap' },
    ...(lookup.certificate === undefined ? [] : [clientFile(client, lookup.certificate, who, settings, facts)]),
    ...files.map((anchors) => ({ ...anchors, access: forAll })),
  ];
}

const forAll = { owner: 'root', group: 'root', mode: '0644' };

/** Read by proxymap(8) when it connects, which by then is the user that postconf mail_owner names. */
function clientFile(
  path: string,
  certificate: string,
  who: string,
  { certificates }: Settings,
  { postfix }: Facts,
): ManifestFile {
  const { key, chain } = named(certificates, certificate, who, 'certificate');
  const group = postfix?.parameters['mail_owner'] ?? 'postfix';
  return { path, parts: [{ key }, { chain }], access: { owner: 'root', group, mode: '0640' } };
}

function text(
  { servers, base, filter, result, bind, timeoutSeconds }: LDAPLookup,
  files: { readonly trust: string; readonly client?: string },
): string {
  const startTls = servers.some((server) => server.startsWith('ldap:'));
  const lines = {
    server_host: servers.join(' '),
    version: '3',
    timeout: String(timeoutSeconds),
    search_base: base,
    query_filter: filter,
    result_attribute: result,
    ...(bind === 'external' ? { bind: 'sasl', sasl_mechs: 'EXTERNAL' } : { bind: 'no' }),
    start_tls: startTls ? 'yes' : 'no',
    tls_require_cert: 'yes',
    tls_ca_cert_file: files.trust,
    ...(files.client === undefined ? {} : { tls_cert: files.client, tls_key: files.client }),
  };
  return Object.entries(lines)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('');
}
