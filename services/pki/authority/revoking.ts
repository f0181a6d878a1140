/** Takes certificates back, and says which: the revocation list, made when it is asked for and kept until it is out of date. */
import { NamedError } from '../../errors.ts';
import { readCertificatePem } from '../certificate.ts';
import { day } from '../certify.ts';
import type { Context } from './context.ts';
import type { Revoking } from './contract.ts';
import { revocationList } from './revocation-list.ts';

/** A list is made anew after a day, so that whoever fetches one may rely on it for six more. */
const listAge = day;

export function revoking({ records, keys, now }: Context): Revoking {
  const making = new Map<string, Promise<Uint8Array>>();

  return {
    async revoke(authority, serial, reason) {
      const certificate = await records.revoke(authority, serial, reason, now());
      const { revoked } = certificate;
      if (revoked?.reason === reason) return certificate;
      throw new NamedError(
        'precondition-failed',
        `certificate ${serial} of ${authority} was revoked on ${revoked?.time ?? ''} already (${revoked?.reason ?? ''}); nothing is left to do`,
      );
    },
    /** One at a time of each authority: whoever asks meanwhile gets the same one. */
    crl(authority) {
      const underWay = making.get(authority) ?? current(authority).finally(() => making.delete(authority));
      making.set(authority, underWay);
      return underWay;
    },
  };

  async function current(name: string): Promise<Uint8Array> {
    const { authority } = await records.authority(name);
    for (;;) {
      const [kept, last] = await Promise.all([records.list(name), records.lastRevocation(name)]);
      const at = now();
      const age = at.getTime() - (kept?.made.getTime() ?? 0);
      if (kept?.covers === last && age >= 0 && age < listAge) return kept.der;
      const { last: covers, revoked } = await records.revocations(name);
      const der = await revocationList({
        issuer: readCertificatePem(authority.issuing.pem),
        key: await keys.open(authority.issuing.key),
        ...{ number: numberAfter(kept?.number, at), revoked, now: at },
      });
      const list = { number: numberAfter(kept?.number, at), made: at, covers, der };
      if (await records.keepList(name, kept, list)) return der;
    }
  }
}

/** Seconds since 1970 grow by themselves, also where the authority is restored and no earlier list is known. */
function numberAfter(last: number | undefined, now: Date): number {
  return Math.max((last ?? 0) + 1, Math.floor(now.getTime() / 1000));
}
