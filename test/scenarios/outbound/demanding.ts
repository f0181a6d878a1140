/** A server that takes mail only from who shows a certificate, and the domains that lead there. */
import { outcomes } from '../../../services/platforms/postfix/outcomes.ts';
import type { Gateway } from '../../lab/harness.ts';
import type { Play } from './plays.ts';

/** The last number of its address. */
export const demandingNumber = 230;

/** One with a certificate of its own, one that the owner of the gateway routes elsewhere, and one without a certificate. */
export const demanding = [demandingPlay('partner'), demandingPlay('routed'), demandingPlay('stranger')] as const;

export function demandingRecords({ address }: Gateway): readonly string[] {
  const server = address.replace(/\d+$/, String(demandingNumber));
  return demanding.flatMap(({ domain, exchanger }) => [`${domain}. MX 10 ${exchanger}.`, `${exchanger}. A ${server}`]);
}

/** What main.cf and master.cf say, without comments. */
export function settingsOf({ inside }: Gateway): Promise<string> {
  return inside('postconf -n; postconf -M');
}

function demandingPlay(name: string): Play {
  const row = outcomes.find(({ level, peer }) => level === 'required' && peer === 'valid');
  if (!row) throw new Error('the table has no row for required and a valid certificate');
  return { row, domain: `${name}.plain.test`, exchanger: `mx.${name}.plain.test` };
}
