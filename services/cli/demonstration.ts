/** The demonstration certificate, said to be one wherever a person meets it: nobody can verify it. */
import type { Span } from './print.ts';
import type { Session } from './session.ts';

export const demonstrationNote: Span = { text: 'demonstration certificate, unverifiable', tone: 'warn' };

/** Fingerprints of every demonstration certificate that is bound; none is asked for when only a program reads. */
export async function demonstrations({
  controller,
  print,
}: Pick<Session, 'controller' | 'print'>): Promise<ReadonlySet<string>> {
  if (print.json) return new Set();
  const { certificates } = await controller.certificates();
  return new Set(certificates.filter((one) => one.demonstration).map((one) => one.fingerprint));
}

/** Whether a setting names the built-in one. */
export function namesDemonstration(pointer: string, value: unknown): boolean {
  return pointer.endsWith('/certificate') && value === 'demonstration';
}
