/** A gateway of the lab as the destination of another one's mail: no script, but Postfix. */
import { outcomes } from '../../../services/platforms/postfix/outcomes.ts';
import type { Gateway } from '../../lab/harness.ts';
import type { Play } from './plays.ts';

/** Rows about a server with a valid certificate, one of each verdict and more. */
export const real: readonly Play[] = outcomes
  .filter(({ peer, condition }) => peer === 'valid' && (condition === undefined || condition === 'match'))
  .map((row) => ({ row, domain: `real-${row.level}.plain.test`, exchanger: `mx.real-${row.level}.plain.test` }));

/** Where the DNS says that they are. */
export function realRecords({ address }: Gateway): readonly string[] {
  return real.flatMap(({ domain, exchanger }) => [`${domain}. MX 10 ${exchanger}.`, `${exchanger}. A ${address}`]);
}

/** Makes a gateway the destination of those domains. */
export async function takeMail({ inside }: Gateway): Promise<void> {
  await inside(`postconf "mydestination=$(postconf -h mydestination), ${real.map(({ domain }) => domain).join(', ')}"
    postfix reload`);
}

/** The protocol of each message in root's mailbox, by recipient: ESMTPS is over TLS (RFC 3848). */
export async function receivedBy({ inside }: Gateway): Promise<ReadonlyMap<string, string>> {
  const headers = (await inside('cat /var/mail/root')).matchAll(/ with (E?SMTPS?A?) id \S+\s+for <([^>]*)>/g);
  return new Map([...headers].map(([, protocol = '', to = '']) => [to, protocol]));
}
