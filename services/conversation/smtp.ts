/** SMTP up to STARTTLS and after it, as a client speaks it (RFC 5321, RFC 3207). */
import type { Duplex } from 'node:stream';

import type { Inbox } from './inbox.ts';
import { PeerFault, quoted } from './peer-fault.ts';

/** Waits to be greeted; the text of the greeting. */
export async function greeting(inbox: Inbox): Promise<string> {
  const lines = await reply(inbox);
  if (!lines.at(-1)?.startsWith('220')) throw new PeerFault('turned-away', answered(lines, 'the connection'));
  return lines.map((line) => line.slice(4)).join(' ');
}

/** Says who is calling; the extensions that are offered, in capitals. */
export async function ehlo(stream: Duplex, inbox: Inbox, name: string): Promise<readonly string[]> {
  const lines = await ask(stream, inbox, `EHLO ${name}`);
  // RFC 5321 3.2: a server without extensions answers an error, and is asked again with HELO.
  if (!lines.at(-1)?.startsWith('250')) throw new PeerFault('not-esmtp', answered(lines, 'EHLO'));
  return lines.slice(1).map((line) => line.slice(4).trim().toUpperCase());
}

/** Asks for TLS. When this returns, the server has agreed and said nothing since. */
export async function startTls(stream: Duplex, inbox: Inbox): Promise<void> {
  const lines = await ask(stream, inbox, 'STARTTLS');
  if (!lines.at(-1)?.startsWith('220')) throw new PeerFault('starttls-refused', answered(lines, 'STARTTLS'));
  if (inbox.waiting() > 0) {
    throw new PeerFault('injected', 'sent more in clear after it had agreed to TLS: someone may have put words in');
  }
}

/** Begins a message from nobody, to see whether it would be taken; the answer. */
export async function mailFrom(stream: Duplex, inbox: Inbox): Promise<string> {
  const lines = await ask(stream, inbox, 'MAIL FROM:<>');
  if (!lines.at(-1)?.startsWith('250')) throw new PeerFault('refused', answered(lines, 'MAIL FROM'));
  return lines.at(-1) ?? '';
}

async function ask(stream: Duplex, inbox: Inbox, command: string): Promise<readonly string[]> {
  stream.write(`${command}\r\n`);
  const lines = await reply(inbox);
  if (lines.at(-1)?.startsWith('421')) throw new PeerFault('turned-away', answered(lines, command));
  return lines;
}

/** The lines of one reply, each with its code (RFC 5321 4.2.1). */
async function reply(inbox: Inbox): Promise<readonly string[]> {
  const lines: string[] = [];
  for (;;) {
    const line = await inbox.line();
    if (!/^[2-5]\d\d([ -]|$)/.test(line)) throw new PeerFault('not-smtp', `said ${quoted(line)}, which is not SMTP`);
    lines.push(line);
    if (line[3] !== '-') return lines;
  }
}

function answered(lines: readonly string[], to: string): string {
  return `answered ${quoted(lines.at(-1) ?? '')} to ${to}`;
}
