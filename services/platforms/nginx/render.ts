/** From effective settings to the one file of nginx's settings that is Signet's, and the certificates it names. */
import type { Facts, ManifestFile, ProbeTarget, Settings } from '../../schema/types.generated.ts';
import { currentPath, type Rendered, type RenderInput } from '../platform.ts';
import { named } from '../reference.ts';
import { listens, placeOf, servers, type Server } from './servers.ts';

/** Where nginx finds it, through its `include conf.d/*.conf`; the gateway script allows this one path. */
export const settingsPath = '/etc/nginx/conf.d/signet.conf';

export function render({ settings, facts }: RenderInput): Rendered {
  const wanted = facts.nginx ? servers(settings) : [];
  if (wanted.length === 0) return { files: [], probes: [] };
  const text = [head, ...wanted.map((server) => block(server, settings, facts))].join('\n');
  return {
    files: [
      { path: 'nginx/signet.conf', parts: [{ text }], link: settingsPath, reader: 'nginx', kind: 'nginx' },
      ...wanted.map((server) => certificateFile(server, settings)),
    ],
    probes: wanted.map((server) => probe(server, settings)),
  };
}

const head =
  '# Signet writes this file. What a server answers is said in /etc/nginx/signet.d, in the folder of its interface.\n';

function block(server: Server, { protocols }: Settings, facts: Facts): string {
  const { name, hostname } = server;
  const certificate = currentPath(certificatePath(name));
  const { minimum, ciphers } = protocols.https;
  const lines = [
    ...listens(server, facts).map((parameter) => `listen ${parameter} ssl`),
    `server_name ${hostname}`,
    `ssl_certificate ${certificate}`,
    `ssl_certificate_key ${certificate}`,
    `ssl_protocols ${versions.slice(versions.indexOf(minimum)).join(' ')}`,
    ...(ciphers === undefined ? [] : [`ssl_ciphers ${ciphers}`]),
    `include /etc/nginx/signet.d/${name}/*.conf`,
  ];
  return `server {\n${lines.map((line) => `    ${line};\n`).join('')}}\n`;
}

const versions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

function certificatePath(name: string): string {
  return `nginx/${name}.pem`;
}

/** Read by nginx's master, which is root. */
function certificateFile({ name, certificate }: Server, { certificates }: Settings): ManifestFile {
  const { key, chain } = named(certificates, certificate, placeOf(name), 'certificate');
  return { path: certificatePath(name), parts: [{ key }, { chain }], reader: 'nginx' };
}

function probe({ name, hostname, address, port, certificate, from }: Server, { certificates }: Settings): ProbeTarget {
  return {
    ...{ listener: placeOf(name), address, port, tls: 'implicit', serverName: hostname, from },
    chain: named(certificates, certificate, placeOf(name), 'certificate').chain,
  };
}
