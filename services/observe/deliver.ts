/** Takes a notice to recipients: mail by the first server that takes it, webhooks one by one. It fails for some, never as a whole. */
import type { AlertNotice, Alerts } from '../schema/types.generated.ts';
import { subjectOf, textOf } from './digest.ts';
import type { Recipient } from './recipients.ts';
import { handOver, type Mail, type MailServer } from './smtp.ts';
import { post } from './webhook.ts';

/** How it went for one recipient: who took it, or why nobody did. Never the URL of a webhook. */
export interface Delivery {
  readonly recipient: string;
  readonly delivered: boolean;
  readonly detail: string;
}

type MailSettings = NonNullable<Alerts['mail']>;

/** Sends `notice` to all of `recipients` and answers for each of them. Takes a bounded time, also of servers that say nothing. */
export async function deliver(
  notice: AlertNotice,
  recipients: readonly Recipient[],
  { mail }: Pick<Alerts, 'mail'>,
  signal: AbortSignal,
): Promise<readonly Delivery[]> {
  const addresses = recipients.flatMap((one) => (one.kind === 'mail' ? [one.address] : []));
  const mailed = mail && addresses.length > 0 ? mailTo(addresses, notice, mail, signal) : [];
  const posted = recipients.flatMap((one) => (one.kind === 'webhook' ? [postTo(one, notice, signal)] : []));
  return (await Promise.all([mailed, Promise.all(posted)])).flat();
}

async function mailTo(
  addresses: readonly string[],
  notice: AlertNotice,
  { servers, tls = 'starttls', from }: MailSettings,
  signal: AbortSignal,
): Promise<readonly Delivery[]> {
  const out: Delivery[] = [];
  const refused = new Map<string, string[]>(addresses.map((address) => [address, []]));
  const refuse = (address: string, server: string, why: string) => refused.get(address)?.push(`${server}: ${why}`);
  for (const server of servers) {
    const to = [...refused.keys()];
    if (to.length === 0 || signal.aborted) break;
    const message: Mail = { from, to, subject: subjectOf(notice), text: textOf(notice), id: notice.id.slice(0, 32) };
    try {
      const { accepted, rejected } = await handOver(serverAt(server, tls), message, signal);
      for (const { address, detail } of rejected) refuse(address, server, detail);
      for (const recipient of accepted) {
        refused.delete(recipient);
        out.push({ recipient, delivered: true, detail: server });
      }
    } catch (error) {
      for (const address of to) refuse(address, server, error instanceof Error ? error.message : String(error));
    }
  }
  return [...out, ...[...refused].map(([recipient, why]) => ({ recipient, delivered: false, detail: why.join('; ') }))];
}

async function postTo(
  { name, url }: Extract<Recipient, { kind: 'webhook' }>,
  notice: AlertNotice,
  signal: AbortSignal,
): Promise<Delivery> {
  try {
    await post(url, notice, signal);
    return { recipient: name, delivered: true, detail: name };
  } catch (error) {
    return { recipient: name, delivered: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

/** The schema has seen to it that it is HOST:PORT, an IPv6 address in brackets. */
function serverAt(text: string, tls: MailServer['tls']): MailServer {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)), tls };
}
