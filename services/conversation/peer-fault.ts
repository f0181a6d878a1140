/** Why a conversation with a server cannot go on: a word for programs, and a sentence for people. */

/**
 * - `not-found`, `port-closed`, `unreachable`: there is no connection
 * - `stalled`, `closed`, `flood`: it says nothing in time, hangs up, or says more than any server does
 * - `turned-away`: it refuses this client (4xx or 5xx to the connection, 421 at any time)
 * - `not-smtp`, `not-esmtp`, `not-ldap`: it speaks another protocol, or SMTP without extensions
 * - `not-offered`, `starttls-refused`: there is no TLS, or not now
 * - `injected`: it sent more in clear after it had agreed to TLS (CVE-2011-0411)
 * - `not-tls`, `alert`, `no-shared-protocol`, `handshake`: the handshake fails
 * - `refused`: it answers a later command with an error
 */
export type FaultKind =
  | 'not-found'
  | 'port-closed'
  | 'unreachable'
  | 'stalled'
  | 'closed'
  | 'flood'
  | 'turned-away'
  | 'not-smtp'
  | 'not-esmtp'
  | 'not-ldap'
  | 'not-offered'
  | 'starttls-refused'
  | 'injected'
  | 'not-tls'
  | 'alert'
  | 'no-shared-protocol'
  | 'handshake'
  | 'refused';

/** The server's doing, and so a result; everything else that is thrown in a conversation is a bug. */
export class PeerFault extends Error {
  readonly kind: FaultKind;

  constructor(kind: FaultKind, message: string) {
    super(message);
    this.name = 'PeerFault';
    this.kind = kind;
  }
}

/** What a server said, fit to be shown: printable, and short. */
export function quoted(text: string): string {
  const printable = text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '?');
  return `"${printable.length > longest ? `${printable.slice(0, longest)}...` : printable}"`;
}

const longest = 160;
