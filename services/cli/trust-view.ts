/** How trust lists look to people. */
import type { TrustListView, TrustedAuthority } from '../schema/types.generated.ts';
import { expiry } from './machine-view.ts';
import { short, type Printer, type Text } from './print.ts';

export function listTrust(print: Printer, lists: readonly TrustListView[], now: Date): void {
  print.table(
    ['LEVEL', 'NAME', 'AUTHORITIES', 'NEXT EXPIRES', 'USED BY', 'NOTES'],
    lists.map((one): readonly Text[] => [
      one.level,
      { text: one.name, tone: 'strong' },
      one.authorities === undefined ? "the system's" : String(one.authorities),
      expiry(one.expires ?? '', now),
      users(one),
      (one.expired ?? 0) > 0 ? { text: `${one.expired ?? 0} expired`, tone: 'warn' } : '',
    ]),
  );
}

/** A list with its authorities; none are known of a list that each machine's system keeps. */
export function describeTrust(
  print: Printer,
  list: TrustListView,
  authorities: readonly TrustedAuthority[],
  now: Date,
): void {
  const { name, level, source, bundle } = list;
  const what = source === 'system' ? "what the machine's system trusts" : `bundle ${bundle ?? ''}`;
  print.line([{ text: name, tone: 'strong' }, ` at ${level}: ${what}`]);
  print.facts([
    ['used by', list.usedBy.map(({ machine, pointer }) => `${machine} ${pointer}`).join('\n') || 'no machine'],
  ]);
  for (const { subject, notAfter, keyKind, fingerprint, findings } of authorities) {
    print.line(['  ', { text: subject, tone: 'strong' }]);
    print.line([`     ${keyKind}, until `, expiry(notAfter, now), `, SHA-256 ${short(fingerprint)}`]);
    for (const detail of findings) print.line(['     ', { text: 'note: ', tone: 'warn' }, detail]);
  }
}

function users({ usedBy }: TrustListView): string {
  const machines = [...new Set(usedBy.map(({ machine }) => machine))];
  const most = 3;
  return (
    machines.slice(0, most).join(', ') + (machines.length > most ? ` and ${machines.length - most} more` : '') || '-'
  );
}
