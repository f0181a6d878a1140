/** What the operations on authorities share: their records, their keys, time and chance. */
import type { KeyObject } from 'node:crypto';

import { NamedError } from '../../errors.ts';
import { subjectOf, type Certificate } from '../certificate.ts';
import type { PkiService } from '../service.ts';
import type { Records } from './records/service.ts';

export interface Context {
  readonly records: Records;
  readonly pki: Pick<PkiService, 'makeKey' | 'putBundle' | 'chain'>;
  readonly keys: Keys;
  readonly now: () => Date;
  readonly random: (bytes: number) => Uint8Array;
}

/** Private keys, sealed under their own ids. */
export interface Keys {
  seal(key: KeyObject): Promise<void>;
  /** not-found. */
  open(id: string): Promise<KeyObject>;
  forget(key: KeyObject): Promise<void>;
}

/** Throws precondition-failed when `certificate` of that authority has expired; `next` says what to do about it. */
export function checkValid(certificate: Certificate, authority: string, now: Date, next: string): void {
  if (certificate.notAfter > now) return;
  throw new NamedError(
    'precondition-failed',
    `${subjectOf(certificate)} of the authority ${authority} expired on ${certificate.notAfter.toISOString()} and signs nothing any more; ${next}`,
  );
}
