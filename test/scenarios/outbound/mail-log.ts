/** What a gateway's mail log and queue say of deliveries. */
import { setTimeout as sleep } from 'node:timers/promises';

import type { Gateway } from '../../lab/harness.ts';

export interface Attempt {
  readonly recipient: string;
  readonly status: string;
  /** What stands in brackets behind the status. */
  readonly reason: string;
}

export interface MailLog {
  /** In order. */
  readonly attempts: readonly Attempt[];
  /** The last "... TLS connection established", by host. */
  readonly sessions: ReadonlyMap<string, string>;
}

export async function mailLog({ inside }: Gateway): Promise<MailLog> {
  const text = await inside('cat /var/log/mail.log');
  const attempts = text.matchAll(/: to=<([^>]*)>,.* status=(\w+) \((.*)\)$/gm);
  const sessions = text.matchAll(/\/smtp\[\d+\]: (\w+ TLS connection established) to ([^[]*)\[/gm);
  return {
    attempts: [...attempts].map(([, to = '', status = '', reason = '']) => ({ recipient: to, status, reason })),
    sessions: new Map([...sessions].map(([, words = '', host = '']) => [host, words])),
  };
}

/** Waits until so many attempts have been made for each recipient. */
export async function attempted(gateway: Gateway, recipients: readonly string[], count = 1): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const { attempts } = await mailLog(gateway);
    const missing = recipients.filter((to) => attempts.filter((one) => one.recipient === to).length < count);
    if (missing.length === 0) return;
    if (Date.now() > deadline) throw new Error(`not tried within a minute: ${missing.join(' ')}`);
    await sleep(100);
  }
}

/** The recipients in the queue. */
export async function waiting({ inside }: Gateway): Promise<ReadonlySet<string>> {
  const lines = (await inside('postqueue -j')).split('\n').filter((line) => line !== '');
  return new Set(lines.flatMap((line) => (JSON.parse(line) as Queued).recipients.map(({ address }) => address)));
}

interface Queued {
  readonly recipients: readonly { readonly address: string }[];
}
