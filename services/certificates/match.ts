/** Finds the key that an answer is for. Pure. */
import { NamedError } from '../errors.ts';
import { subjectOf, type Certificate } from '../pki/certificate.ts';
import type { Holder } from './bound.ts';

export interface Wanted {
  readonly level: string;
  readonly name: string;
  /** Every key that is bound or asked for anywhere. */
  readonly holders: readonly Holder[];
}

/**
 * The key at that place which one of `certificates` certifies. Throws `key-mismatch` when none does, naming the place that
 * would fit, and `bad-certificate` when several keys of the place are certified at once.
 */
export function match(certificates: readonly Certificate[], { level, name, holders }: Wanted): string {
  const here = holders.filter((one) => one.level === level && one.name === name);
  const keys = new Set(certificates.map(({ key }) => key));
  const [key, another] = new Set(here.map((one) => one.key).filter((one) => keys.has(one)));
  if (another !== undefined) {
    throw new NamedError(
      'bad-certificate',
      `the answer certifies several keys of ${name} at ${level}; send the files of one request at a time`,
      { facts: { reason: 'two-leaves' } },
    );
  }
  if (key !== undefined) return key;
  throw misfit(certificates, { level, name, holders });
}

function misfit(certificates: readonly Certificate[], { level, name, holders }: Wanted): NamedError {
  const fits = holders.find((one) => certificates.some(({ key }) => key === one.key));
  if (fits) {
    return new NamedError(
      'key-mismatch',
      `the answer is not for a key of ${name} at ${level}, but for that of ${fits.name} at ${fits.level}; upload it there`,
      { facts: { level: fits.level, name: fits.name } },
    );
  }
  const looked = [...new Set(holders.filter((one) => one.level === level && one.name === name).map(({ key }) => key))];
  const given = certificates.map((one) => `${subjectOf(one)} has ${short(one.key)}`).join('; ');
  return new NamedError(
    'key-mismatch',
    looked.length === 0
      ? `there is no key of ${name} at ${level} to answer for, and none elsewhere fits (${given}); make a request first, or import key and certificate together`
      : `the answer fits no key that is held: ${name} at ${level} has ${looked.map(short).join(' and ')}, and of the answer ${given}; send the answer to a request that is listed here`,
  );
}

function short(key: string): string {
  return `key ${key.slice(0, 8)}`;
}
