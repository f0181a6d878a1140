/** Whether a cipher is among those that protocol settings let Postfix offer, by its name in OpenSSL. Pure. */
import type { ProtocolSettings } from '../../schema/types.generated.ts';

/** unknown: a word of `exclude` that says nothing here. */
export type Offered = 'yes' | 'no' | 'unknown';

/** The grades and `exclude` leave the ciphers of TLS 1.3 alone. */
export function isOffered(cipher: string, { ciphers, exclude }: Omit<ProtocolSettings, 'minimum'>): Offered {
  if (cipher.startsWith('TLS_')) return 'yes';
  const words = wordsFor(cipher);
  // postconf tls_high_cipherlist, tls_medium_cipherlist
  const grade = ['LOW', 'MEDIUM', 'HIGH'].slice(['low', 'medium', 'high'].indexOf(ciphers));
  if (!grade.some((word) => words.has(word))) return 'no';
  const meant = exclude.map((item) => (item === cipher ? [] : item.split('+')));
  if (meant.some((all) => all.every((word) => words.has(word)))) return 'no';
  // The name of another cipher says nothing of this one.
  return meant.flat().every((word) => word.includes('-') || known.has(word)) ? 'yes' : 'unknown';
}

/** What OpenSSL calls a group of ciphers (openssl-ciphers(1)), and what the names of those in it have in common. */
const groups: readonly (readonly [words: readonly string[], names: RegExp])[] = [
  [['kRSA', 'RSA'], /^(?!ECDHE-|DHE-|EDH-|ADH-|AECDH-|ECDH-|DH-|PSK-|RSA-PSK-|SRP-|GOST|IANA-)/],
  [['aRSA'], /^(?:(?:ECDHE|DHE|EDH)-RSA-|ECDHE-ARIA|(?!ECDHE-|DHE-|EDH-|ADH-|AECDH-|ECDH-|DH-|PSK-|SRP-|GOST|IANA-))/],
  [['kECDHE', 'kEECDH', 'ECDH'], /^(?:ECDHE|AECDH)-(?!PSK-)/],
  [['ECDHE', 'EECDH'], /^ECDHE-(?!PSK-)/],
  [['kDHE', 'kEDH', 'DH'], /^(?:DHE|EDH|ADH)-(?!PSK-)/],
  [['DHE', 'EDH'], /^(?:DHE|EDH)-(?!PSK-)/],
  [['aECDSA', 'ECDSA'], /^ECDHE-ECDSA-/],
  [['aDSS', 'DSS'], /^(?:DHE|EDH)-DSS-/],
  [['aNULL'], /^(?:ADH|AECDH)-/],
  [['ADH'], /^ADH-/],
  [['AECDH'], /^AECDH-/],
  [['eNULL', 'NULL'], /(?:^|-)NULL-/],
  [['AES'], /(?:^|-)AES(?:128|256)-/],
  [['AES128'], /(?:^|-)AES128-/],
  [['AES256'], /(?:^|-)AES256-/],
  [['AESGCM'], /(?:^|-)AES\d+-GCM-/],
  [['AESCCM'], /-CCM8?$/],
  [['AESCCM8'], /-CCM8$/],
  [['CAMELLIA'], /(?:^|-)CAMELLIA/],
  [['CAMELLIA128'], /(?:^|-)CAMELLIA128-/],
  [['CAMELLIA256'], /(?:^|-)CAMELLIA256-/],
  [['CHACHA20'], /-CHACHA20-/],
  [['ARIA', 'ARIAGCM'], /(?:^|-)ARIA/],
  [['ARIA128'], /(?:^|-)ARIA128-/],
  [['ARIA256'], /(?:^|-)ARIA256-/],
  [['CBC'], /(?:AES|CAMELLIA)\d+-SHA\d*$|-CBC3?-/],
  [['3DES'], /(?:^|-)DES-CBC3-/],
  [['DES'], /(?:^|-)DES-CBC-/],
  [['RC4'], /(?:^|-)RC4-/],
  [['SEED'], /(?:^|-)SEED-/],
  [['IDEA'], /(?:^|-)IDEA-/],
  [['MD5'], /-MD5$/],
  [['SHA', 'SHA1'], /-SHA$/],
  [['SHA256'], /^(?!.*-(?:GCM|CHACHA20)-).*-SHA256$/],
  [['SHA384'], /^(?!.*-GCM-).*-SHA384$/],
  [['MEDIUM'], /(?:^|-)(?:DES-CBC3|RC4|SEED|IDEA)-/],
  [['LOW'], /(?:^|-)DES-CBC-/],
  [['HIGH'], /(?:AES|CAMELLIA|ARIA)\d|CHACHA20/],
];

const known: ReadonlySet<string> = new Set(groups.flatMap(([words]) => words));

function wordsFor(cipher: string): ReadonlySet<string> {
  return new Set(groups.filter(([, names]) => names.test(cipher)).flatMap(([words]) => words));
}
