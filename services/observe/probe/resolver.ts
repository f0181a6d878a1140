/** MX records, from the DNS servers of this system or from one that is named. */
import { Resolver } from 'node:dns/promises';

import { NamedError } from '../../errors.ts';
import type { MxRecord } from './mail-hosts.ts';

/** The MX records of a domain, none when it has none; `not-found` when there is no such domain. */
export type LookUpMx = (domain: string) => Promise<readonly MxRecord[]>;

/** `server` is an IP address with or without a port; the system's when left out. */
export function mxLookup(server?: string): LookUpMx {
  const resolver = new Resolver({ timeout: 3_000, tries: 2 });
  if (server !== undefined) resolver.setServers([server]);
  return async (domain) => {
    try {
      return await resolver.resolveMx(domain);
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (code === 'ENODATA') return [];
      if (code === 'ENOTFOUND') throw new NamedError('not-found', `there is no domain ${domain} in the DNS`);
      throw new NamedError(
        'probe-failed',
        `the MX records of ${domain} cannot be looked up (${code}); check the DNS servers of the controller`,
        { transient: true, cause: error },
      );
    }
  };
}
