/** How certificates look to people: a line each in the list, and one at length with its chain drawn from leaf to root. */
import type { CertificateDetail, CertificateStanding, CertificateView, ChainLink } from '../schema/types.generated.ts';
import { expiry } from './machine-view.ts';
import { moment, short, type Printer, type Span, type Text, type Tone } from './print.ts';

export interface ListFilter {
  readonly expiring?: number;
  readonly machine?: string;
  readonly unused?: true;
}

/** Whether a certificate is one of those that were asked for. */
export function passes({ notAfter, usedBy }: CertificateView, filter: ListFilter, now: Date): boolean {
  const { expiring, machine, unused } = filter;
  const days = (Date.parse(notAfter) - now.getTime()) / 86_400_000;
  return (
    (expiring === undefined || days <= expiring) &&
    (machine === undefined || usedBy.some((use) => use.machine === machine)) &&
    (unused === undefined || usedBy.length === 0)
  );
}

export function listCertificates(print: Printer, certificates: readonly CertificateView[], now: Date): void {
  if (certificates.length === 0) {
    print.line('no such certificates');
    return;
  }
  print.table(
    ['NAME, LEVEL', 'CERTIFICATE', 'ISSUER', 'KEY, SHA-256', 'EXPIRES', 'USED BY', 'NOTES'],
    certificates.map((one) => row(one, now)),
  );
}

/** A certificate at length, as it stands in the fleet, with its chain. */
export function showCertificate(print: Printer, certificate: CertificateDetail, now: Date): void {
  const { name, level, subject, usedBy, standing } = certificate;
  print.line([{ text: name, tone: 'strong' }, ` at ${level}: ${subject}`]);
  print.facts([
    ...said(certificate),
    ['used by', usedBy.map(({ machine, pointer }) => `${machine} ${pointer}`).join('\n') || 'no machine'],
    ...shadowLines(standing).map((line) => ['level', line] as const),
    ...standing.served.map((one) => ['served', servedLine(one, true)] as const),
    ['verdict', { text: standing.verdict.detail, tone: tones[standing.verdict.state] }],
  ]);
  drawChain(print, certificate, now);
}

/** What a certificate says, without where it is used. */
export function describeCertificate(print: Printer, certificate: Omit<CertificateView, 'usedBy'>): void {
  print.facts(said(certificate));
}

function said(certificate: Omit<CertificateView, 'usedBy'>): readonly (readonly [string, Text])[] {
  const issuer = certificate.selfSigned ? 'itself' : certificate.issuer;
  return [
    ['names', certificate.names.join(', ') || '-'],
    ['issued by', certificate.demonstration ? { text: `itself, ${demonstration}`, tone: 'warn' } : issuer],
    ['valid', `${moment(certificate.notBefore)} to ${moment(certificate.notAfter)}`],
    ['SHA-256', certificate.fingerprint],
    ['key', certificate.key],
    ['chain', certificate.chain],
  ];
}

const demonstration = 'for demonstration: nobody can verify it';

/** What a verdict says about a certificate in the list; undefined where there is nothing to mind. */
const remarks: Readonly<Record<CertificateStanding['verdict']['state'], string | undefined>> = {
  complete: undefined,
  'self-signed': 'self-signed',
  incomplete: 'incomplete chain',
  expired: 'expired',
  'not-yet-valid': 'not yet valid',
  demonstration: 'demonstration, unverifiable',
};

const tones: Readonly<Record<CertificateStanding['verdict']['state'], Tone>> = {
  complete: 'good',
  'self-signed': 'dim',
  incomplete: 'warn',
  expired: 'bad',
  'not-yet-valid': 'bad',
  demonstration: 'warn',
};

function row(certificate: CertificateView, now: Date): readonly Text[] {
  const { level, name, subject, names, issuer, selfSigned, notAfter, fingerprint, usedBy, standing } = certificate;
  return [
    [{ text: name, tone: 'strong' }, `\n${level}`],
    [subject, ...names].join('\n'),
    selfSigned ? 'itself' : issuer,
    `${standing?.keyKind ?? ''}\n${short(fingerprint)}`,
    expiry(notAfter, now),
    some([...new Set(usedBy.map(({ machine }) => machine))]) || '-',
    standing ? notes(standing) : '',
  ];
}

function notes(standing: CertificateStanding): Text {
  const { state } = standing.verdict;
  const remark = remarks[state];
  const wrong = standing.served.filter(({ wanted, seen }) => wanted !== (seen === 'yes') && seen !== 'never');
  const lines: readonly Span[] = [
    ...(remark === undefined ? [] : [{ text: remark, tone: tones[state] }]),
    ...shadowLines(standing),
    ...(wrong.length > 2 ? [{ text: `${wrong.length} listeners serve otherwise`, tone: 'bad' } as const] : []),
    ...(wrong.length > 2 ? [] : wrong.map((one): Span => servedLine(one, false))),
  ];
  return lines.flatMap((line, index) => (index === 0 ? [line] : ['\n', line]));
}

function shadowLines({ shadows, shadowedBy }: CertificateStanding): readonly string[] {
  const removed = shadowedBy.filter(({ removes }) => removes);
  const bound = shadowedBy.filter(({ removes }) => !removes);
  return [
    ...(bound.length > 0 ? [`hidden by ${some(bound.map(({ level }) => level))}`] : []),
    ...(removed.length > 0 ? [`removed at ${some(removed.map(({ level }) => level))}`] : []),
    ...(shadows.length > 0 ? [`hides ${some(shadows.map(({ level }) => level))}`] : []),
  ];
}

const words = { yes: 'served', other: 'serves another', nothing: 'serves none', never: 'never probed' } as const;

function servedLine({ machine, listener, wanted, seen, time }: CertificateStanding['served'][number], dated: boolean) {
  const what = wanted ? words[seen] : 'still served';
  const tone: Tone = seen === 'never' ? 'dim' : wanted === (seen === 'yes') ? 'good' : 'bad';
  const when = dated && time !== undefined ? `, seen ${moment(time)}` : '';
  return { text: `${machine} ${listener}: ${what}${when}`, tone };
}

/** From the leaf to the root, each one step further in; what is missing at the end is named. */
function drawChain(print: Printer, { links, standing, selfSigned }: CertificateDetail, now: Date): void {
  links.forEach((link, depth) => drawLink(print, link, depth, now));
  if (selfSigned || links.at(-1)?.role === 'root') return;
  print.line([
    stem(links.length),
    { text: `issuer not here: ${links.at(-1)?.issuer ?? ''}`, tone: tones[standing.verdict.state] },
  ]);
}

/** One certificate of a chain, as deep as it stands in it. */
export function drawLink(print: Printer, link: ChainLink, depth: number, now: Date): void {
  const { role, subject, source, notBefore, notAfter, keyKind, fingerprint, findings } = link;
  const under = `  ${'   '.repeat(depth + 1)}`;
  const from = source === undefined ? '' : `, of ${source}`;
  print.line([stem(depth), { text: role, tone: 'strong' }, ` ${subject}${from}`]);
  print.line([
    `${under}${keyKind}, from ${notBefore.slice(0, 10)} to `,
    expiry(notAfter, now),
    `, SHA-256 ${short(fingerprint)}`,
  ]);
  for (const detail of findings) print.line([under, { text: 'note: ', tone: 'warn' }, detail]);
}

function stem(depth: number): string {
  return depth === 0 ? '  ' : `  ${'   '.repeat(depth - 1)}└─ `;
}

function some(names: readonly string[]): string {
  const most = 3;
  return names.slice(0, most).join(', ') + (names.length > most ? ` and ${names.length - most} more` : '');
}
