/** Authorities on a real store in a folder of its own, at a time that a test may change. */
import type { AuthorityService } from '../../../services/pki/authority/contract.ts';
import { authorityService } from '../../../services/pki/authority/service.ts';
import { installation, type Installation } from '../installation.ts';

export interface Authorities extends Installation {
  readonly authorities: AuthorityService;
  /** Another controller on the same store. */
  another(): AuthorityService;
  /** Sets the clock. */
  setTime(time: Date): void;
}

export async function authorities(): Promise<Authorities> {
  let time: Date | undefined;
  const now = () => time ?? new Date();
  const at = await installation(now);
  const another = () => authorityService({ ...at, now });
  return {
    ...at,
    ...{ authorities: another(), another },
    setTime: (wanted) => {
      time = wanted;
    },
  };
}

export const request = {
  name: 'mail',
  subject: { commonName: 'Example Mail CA', organization: 'Example', country: 'NL' },
} as const;
