/** How smtpd(8) would judge a client of a rendered listener: a model of access(5), cidr_table(5) and regexp_table(5), for properties. */
import { BlockList } from 'node:net';

import type { Manifest } from '../../../services/schema/types.generated.ts';

export interface Visitor {
  readonly address: string;
  /** `unknown` where it has no verified name, as in Postfix. */
  readonly name: string;
  readonly certificate: 'none' | 'valid' | 'invalid';
}

/** What a client is offered, and whether its mail is taken in clear and over TLS. */
export interface Judgement {
  readonly offered: boolean;
  readonly clear: boolean;
  /** Undefined where TLS is not offered. */
  readonly overTls: boolean | undefined;
}

export function judge(manifest: Manifest, port: number, visitor: Visitor): Judgement {
  const options = manifest.postfix?.services.find((service) => service.port === port)?.options ?? {};
  const level = options['smtpd_tls_security_level'];
  const maps = options['smtpd_discard_ehlo_keyword_address_maps'] ?? '';
  const [, cidr] = /cidr:([^,]+),inline/.exec(maps) ?? [];
  const withheld = cidr !== undefined && firstIn(lines(manifest, cidr), visitor.address) === 'withheld';
  const offered = level !== 'none' && !withheld;
  const list = options['smtpd_sender_restrictions'] ?? '';
  const isTaken = (tls: boolean): boolean => {
    if (level === 'encrypt' && !tls) return false;
    if (tls && options['smtpd_tls_req_ccert'] === 'yes' && visitor.certificate !== 'valid') return false;
    return evaluate(manifest, split(list), visitor, tls) !== 'reject';
  };
  return { offered, clear: isTaken(false), overTls: offered ? isTaken(true) : undefined };
}

type Answer = 'permit' | 'reject' | 'dunno';

function evaluate(manifest: Manifest, restrictions: readonly string[], visitor: Visitor, tls: boolean): Answer {
  for (const restriction of restrictions) {
    const answer = evaluateOne(manifest, restriction, visitor, tls);
    if (answer !== 'dunno') return answer;
  }
  return 'dunno';
}

function evaluateOne(manifest: Manifest, restriction: string, visitor: Visitor, tls: boolean): Answer {
  const [word = '', table] = restriction.split(' ');
  switch (word) {
    case 'DUNNO':
      return 'dunno';
    case 'permit':
    case 'reject':
      return word;
    case 'reject_plaintext_session':
      return tls ? 'dunno' : 'reject';
    case 'permit_tls_all_clientcerts':
      return tls && visitor.certificate === 'valid' ? 'permit' : 'dunno';
    case 'check_client_access':
    case 'check_ccert_access': {
      if (word === 'check_ccert_access' && (!tls || visitor.certificate === 'none')) return 'dunno';
      const keys = word === 'check_ccert_access' ? ['AB:CD'] : [visitor.name, visitor.address];
      const maps = (/^unionmap:\{(.*)\}$/.exec(table ?? '')?.[1] ?? table ?? '').split(',');
      const look = (map: string, key: string) =>
        (map.startsWith('cidr:') ? firstIn : firstMatching)(lines(manifest, map.replace(/^(cidr|regexp):/, '')), key);
      const answers = keys.map((key) => maps.flatMap((map) => look(map, key) ?? []));
      const found = answers.find(({ length }) => length > 0)?.join(', ');
      return found === undefined ? 'dunno' : evaluate(manifest, split(found), visitor, tls);
    }
    default:
      throw new Error(`the model knows no ${word}`);
  }
}

function lines(manifest: Manifest, path: string): readonly string[] {
  const part = manifest.files.find((file) => path.endsWith(`/files/${file.path}`))?.parts[0];
  if (!part || !('text' in part)) throw new Error(`the manifest has no ${path}`);
  return part.text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

function firstIn(rows: readonly string[], address: string): string | undefined {
  const family = (one: string) => (one.includes(':') ? 'ipv6' : 'ipv4');
  if (!/^[\d.]+$|:/.test(address)) return undefined;
  return rows.map(halves).find(([pattern]) => {
    const [network = '', bits = family(pattern) === 'ipv6' ? '128' : '32'] = pattern.split('/');
    const list = new BlockList();
    list.addSubnet(network, Number(bits), family(network));
    return family(network) === family(address) && list.check(address, family(address));
  })?.[1];
}

function firstMatching(rows: readonly string[], key: string): string | undefined {
  return rows.map(halves).find(([pattern]) => new RegExp(pattern.slice(1, -1), 'i').test(key))?.[1];
}

function halves(row: string): readonly [string, string] {
  const space = row.indexOf(' ');
  return [row.slice(0, space), row.slice(space + 1)];
}

function split(list: string): readonly string[] {
  return list === '' ? [] : list.split(', ');
}
