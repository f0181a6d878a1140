/** What TLSA records say of a server, as the machine's resolver has proven them (RFC 7672, smtp_tls_policy.c). Pure but for the questions. */
import { createHash, X509Certificate } from 'node:crypto';

import { anchorsBySubject, type Anchors } from '../../pki/anchors.ts';
import type { Condition } from '../../platforms/postfix/outcomes.ts';
import type { AskDns } from './machine-dns.ts';

export interface Dane {
  readonly condition: Condition;
  /** The authority that a record names, where the certificate must lead to that. */
  readonly anchors?: Anchors;
}

export interface DaneQuestion {
  /** Undefined for a domain that is its own mail host. */
  readonly domain: string | undefined;
  readonly host: string;
  /** The DER of the served certificates, leaf first; empty without TLS. */
  readonly chain: readonly Buffer[];
  /** `dane` is the level of all domains: records then count also where the MX record is not proven (smtp_tls_dane_insecure_mx_policy). */
  readonly isDefault: boolean;
}

export async function dane(ask: AskDns, { domain, host, chain, isDefault }: DaneQuestion): Promise<Dane> {
  const mx = domain === undefined ? undefined : await ask(domain, 'mx');
  const v4 = await ask(host, 'a');
  const address = v4.records.length > 0 ? v4 : await ask(host, 'aaaa');
  if (!address.secure) return { condition: 'unsigned' };
  const isProven = mx === undefined || mx.secure;
  if (!isProven && !isDefault) return { condition: 'unsigned' };
  const { secure, failed, records } = await ask(`_25._tcp.${host}`, 'tlsa');
  if (failed) return { condition: 'lookup-fails' };
  if (!secure || records.length === 0) return { condition: isProven ? 'no-records' : 'unsigned' };
  if (!isProven) return { condition: 'insecure-exchanger-default' };
  return held(records, chain);
}

/** Usages 2 (an authority) and 3 (the server itself) count, the whole of it or its key, as it is or by SHA-256 or SHA-512. */
function held(records: readonly Buffer[], chain: readonly Buffer[]): Dane {
  const usable = records.filter(
    (record) => record.length > 3 && [2, 3].includes(record[0] ?? 0) && (record[1] ?? 9) <= 1 && (record[2] ?? 9) <= 2,
  );
  if (usable.length === 0) return { condition: 'unusable' };
  const [leaf, ...issuers] = chain;
  if (leaf && usable.some((record) => record[0] === 3 && fits(record, leaf))) return { condition: 'key-matches' };
  const authority = issuers.find((one) => usable.some((record) => record[0] === 2 && fits(record, one)));
  if (!authority) return { condition: 'key-differs' };
  const x509 = new X509Certificate(authority);
  return { condition: 'authority-matches', anchors: anchorsBySubject([{ x509, source: 'a TLSA record' }]) };
}

function fits(record: Buffer, certificate: Buffer): boolean {
  const whole = record[1] === 0;
  const subject = whole
    ? certificate
    : new X509Certificate(certificate).publicKey.export({ format: 'der', type: 'spki' });
  const matching = record[2] ?? 0;
  const seen =
    matching === 0
      ? subject
      : createHash(matching === 1 ? 'sha256' : 'sha512')
          .update(subject)
          .digest();
  return record.subarray(3).equals(seen);
}
