/** Certificates that come in are checked first: what Signet would repair is shown, and a person says yes before it is kept. */
import type { Finding } from '../errors.ts';
import type { CertificateAdded } from '../schema/types.generated.ts';
import { describeCertificate } from './certificate-view.ts';
import { draftNote } from './changes.ts';
import { Failure } from './failure.ts';
import type { Printer } from './print.ts';
import type { Session } from './session.ts';
import { verdict } from './verdict.ts';

/** Sends it twice: with `check` to hear what would be repaired, then to keep it; once when `yes` was said beforehand. */
export async function keepRepaired(
  { print, prompt }: Pick<Session, 'print' | 'prompt'>,
  yes: boolean,
  send: (check: boolean) => Promise<CertificateAdded>,
): Promise<CertificateAdded> {
  if (yes) return send(false);
  const { findings } = await send(true);
  const repairs = findings.filter(({ severity }) => severity === 'repaired');
  if (repairs.length === 0) return send(false);
  for (const one of repairs) print.note(verdict(one));
  if (!prompt.interactive) {
    throw new Failure(
      'usage',
      'what was sent would be repaired and there is no terminal to ask on, so nothing was kept; give --yes to keep it as repaired',
    );
  }
  if (await prompt.confirm('Keep it as repaired?')) return send(false);
  throw new Failure('failed', 'nothing was kept');
}

/** What was bound, what was found in it, and what to do with the draft. */
export function showBound(print: Printer, name: string, level: string, answer: CertificateAdded): void {
  print.show(answer, () => {
    print.line([{ text: name, tone: 'strong' }, ` at ${level}: `, answer.certificate.subject]);
    describeCertificate(print, answer.certificate);
    warn(print, answer.findings);
    print.note(draftNote(answer.draft));
  });
}

export function warn(print: Printer, findings: readonly Finding[]): void {
  for (const one of findings) print.note(verdict(one));
}
