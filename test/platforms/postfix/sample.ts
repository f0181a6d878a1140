/** Settings and facts to start from in the tests of the Postfix platform. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { RenderInput } from '../../../services/platforms/platform.ts';
import type { Facts, Manifest, PostfixFacts, Settings } from '../../../services/schema/types.generated.ts';
import { joinRendered } from '../../../services/config/manifest.ts';
import { postfix } from '../../../services/platforms/postfix/postfix.ts';

export const folder = join(process.cwd(), 'test/platforms/postfix');

export type Sections = { readonly [S in keyof Settings]?: Settings[S] };

export function settings(sections: Sections = {}): Settings {
  return {
    certificates: { mx: binding('1'), client: binding('3'), demonstration: binding('5') },
    trust: { system: { source: 'system' } },
    protocols: {
      inbound: { minimum: 'TLSv1.2', ciphers: 'medium', exclude: [] },
      outbound: { minimum: 'TLSv1.2', ciphers: 'medium', exclude: [] },
      https: { minimum: 'TLSv1.2' },
    },
    interfaces: { main: { address: 'all', hostname: 'mx1.example.test' } },
    listeners: { public: listener() },
    mailFlowPolicies: { default: policy(), off: policy({ tls: 'off' }), required: policy({ tls: 'required' }) },
    senderGroups: {},
    destinations: { default: { tls: 'preferred' } },
    outbound: { trust: ['system'] },
    ldap: {},
    services: {},
    urlFiltering: { paths: {}, owner: 'root', group: 'root', mode: '0640' },
    alerts: { webhooks: [], ladder: [] },
    ...sections,
  };
}

export function listener(changes: Partial<Settings['listeners'][string]> = {}): Settings['listeners'][string] {
  return {
    interface: 'main',
    port: 25,
    role: 'public',
    certificate: 'mx',
    tls: 'starttls',
    policy: 'default',
    probe: 'controller',
    ...changes,
  };
}

export function policy(
  changes: Partial<Settings['mailFlowPolicies'][string]> = {},
): Settings['mailFlowPolicies'][string] {
  return { tls: 'preferred', clientCertificate: 'ignore', trust: ['system'], ...changes };
}

export function facts(changes: Partial<PostfixFacts> = {}, machine: Partial<Facts> = {}): Facts {
  return {
    collected: '2026-01-01T00:00:00.000Z',
    script: '1.00000000',
    identity: '00000000-0000-4000-8000-000000000001',
    hostname: 'mx1',
    os: 'Debian GNU/Linux 12 (bookworm)',
    addresses: ['198.18.0.11', '198.18.0.12', '2001:db8::11'],
    bootId: 'boot',
    bootHook: 'systemd',
    freeKilobytes: 1_000_000,
    postfix: {
      version: '3.7.11',
      running: true,
      configDirectory: '/etc/postfix',
      queueDirectory: '/var/spool/postfix',
      parameters: { myhostname: 'mx1.example.test', inet_interfaces: 'all', inet_protocols: 'all' },
      services: { smtp: 25, submission: 587, submissions: 465 },
      mainCf: fixture('debian-12', 'main.cf'),
      masterCf: fixture('debian-12', 'master.cf'),
      ...changes,
    },
    ...machine,
  };
}

export function postfixOf({ postfix: found }: Facts): PostfixFacts {
  if (!found) throw new Error('this is no machine with Postfix');
  return found;
}

export function fixture(name: string, file: string): string {
  return readFileSync(join(folder, 'fixtures', name, file), 'utf8');
}

export function input(given: Settings, found: Facts): RenderInput {
  return { machine: 'mx1', settings: given, facts: found, chains: new Map() };
}

export function manifest(given: Settings, found: Facts): Manifest {
  return joinRendered('mx1', [postfix.render(input(given, found))]);
}

/** The facts of a machine after a change of its live files was carried out. */
export function changed(found: Facts, wanted: Manifest, previous?: Manifest, original: Facts = found): Facts {
  const { files } = postfix.edit(found, wanted, previous, original);
  const [mainCf, masterCf] = files;
  if (!found.postfix || !mainCf || !masterCf) throw new Error('this is no machine with Postfix');
  return { ...found, postfix: { ...found.postfix, mainCf: mainCf.after, masterCf: masterCf.after } };
}

export const nothing: Manifest = { machine: 'mx1', digest: '0'.repeat(64), files: [], probes: [] };

export function binding(digit: string): Settings['certificates'][string] {
  return { key: digit.repeat(64), chain: String(Number(digit) + 1).repeat(64) };
}
