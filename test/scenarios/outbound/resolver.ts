/** The DNS of the rows, on the gateway itself: a signed and an unsigned zone behind a resolver that validates. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Condition } from '../../../services/platforms/postfix/outcomes.ts';
import type { Gateway } from '../../lab/harness.ts';
import type { Identities } from './identities.ts';
import { hostNumber, type Play } from './plays.ts';

/** Why DNSSEC cannot be had here; false when it can. */
export const withoutResolver: string | false = ['unbound', 'ldns-signzone'].some(
  (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0,
)
  ? 'needs unbound and ldnsutils: run "npm run setup"'
  : false;

/** Signs the zones and starts the resolver, on 127.0.0.1 of the gateway; Postfix asks it from its chroot. */
export async function startResolver(
  gateway: Gateway,
  plays: readonly Play[],
  identities: Identities,
  more: readonly string[] = [],
): Promise<void> {
  const folder = join(gateway.disk, 'root/dns');
  mkdirSync(folder);
  for (const zone of zones) writeFileSync(join(folder, zone), zoneText(zone, gateway, plays, identities, more));
  writeFileSync(join(folder, 'root'), rootText);
  await gateway.inside(`
    set -e
    cd /root/dns
    key() { ldns-keygen -a ECDSAP256SHA256 -k "$1"; }
    signed=$(key signed.test) root=$(key .)
    ldns-signzone -f signed.zone signed.test "$signed"
    cat "$signed.ds" >>root
    ldns-signzone -f root.zone root "$root"
    cp plain.test plain.zone
    cp "$root.key" anchor
    echo 'nameserver 127.0.0.1' | tee /etc/resolv.conf >/var/spool/postfix/etc/resolv.conf
    postconf -X smtp_dns_support_level
    postfix reload`);
  await runResolver(gateway, 'validator iterator');
}

/** Starts the resolver anew, with those modules; without the validator it proves nothing. */
export async function runResolver(gateway: Gateway, modules: string): Promise<void> {
  writeFileSync(join(gateway.disk, 'root/dns/unbound.conf'), configuration(modules));
  await gateway.inside(
    `
    cd /root/dns
    read -r old <unbound.pid && kill "$old" && while kill -0 "$old"; do sleep 0.05; done
    unbound -c unbound.conf` + ' 2>&1',
  );
}

const zones = ['signed.test', 'plain.test'] as const;

const configuration = (modules: string) => `server:
  chroot: ""
  username: ""
  directory: "/root/dns"
  pidfile: "/root/dns/unbound.pid"
  interface: 127.0.0.1
  use-syslog: no
  logfile: "unbound.log"
  module-config: "${modules}"
  trust-anchor-file: "anchor"
  local-zone: "test." nodefault
remote-control:
  control-enable: no
${['.', ...zones]
  .map(
    (zone) => `auth-zone:
  name: "${zone}"
  zonefile: "${zone === '.' ? 'root' : zone.replace('.test', '')}.zone"
  for-downstream: no
  for-upstream: yes
  fallback-enabled: no
`,
  )
  .join('')}`;

/** What the trust anchor signs: it says which of the zones is signed. */
const rootText = [
  '$TTL 60',
  '. SOA ns.signed.test. postmaster.signed.test. 1 3600 600 86400 60',
  '. NS ns.signed.test.',
  ...zones.flatMap((zone) => [`${zone}. NS ns.${zone}.`, `ns.${zone}. A 127.0.0.1`]),
  '',
].join('\n');

function zoneText(
  zone: string,
  { address }: Gateway,
  plays: readonly Play[],
  identities: Identities,
  more: readonly string[],
): string {
  const network = address.split('.').slice(0, 3).join('.');
  const hosts = plays.flatMap((play) => [
    `${play.domain}. MX 10 ${play.exchanger}.`,
    `${play.exchanger}. A ${network}.${hostNumber(play.row.peer)}`,
    ...tlsa(play, identities),
  ]);
  return [
    '$TTL 60',
    `${zone}. SOA ns.${zone}. postmaster.${zone}. 1 3600 600 86400 60`,
    `${zone}. NS ns.${zone}.`,
    `ns.${zone}. A 127.0.0.1`,
    // Nobody answers there.
    `dead.${zone}. A 127.0.0.9`,
    ...[...hosts, ...more].filter((record) => record.split(' ')[0]?.endsWith(`.${zone}.`)),
    '',
  ].join('\n');
}

function tlsa({ exchanger, row }: Play, identities: Identities): readonly string[] {
  const name = `_25._tcp.${exchanger}.`;
  const { keyDigest } = identities.of(row.peer);
  const records: Partial<Record<Condition, string>> = {
    // A usage that SMTP does not have (RFC 7672 3.1.3).
    unusable: `${name} TLSA 1 1 1 ${keyDigest}`,
    'key-matches': `${name} TLSA 3 1 1 ${keyDigest}`,
    'insecure-exchanger': `${name} TLSA 3 1 1 ${keyDigest}`,
    'insecure-exchanger-default': `${name} TLSA 3 1 1 ${keyDigest}`,
    'key-differs': `${name} TLSA 3 1 1 ${'0'.repeat(64)}`,
    'authority-matches': `${name} TLSA 2 1 1 ${identities.authorityDigest}`,
    'lookup-fails': `_tcp.${exchanger}. NS dead.signed.test.`,
  };
  const record = row.condition && records[row.condition];
  return record === undefined ? [] : [record];
}
