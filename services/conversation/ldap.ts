/** StartTLS in LDAP (RFC 4511 4.14): one request of fixed bytes, and as much BER as its answer needs. */
import type { Duplex } from 'node:stream';

import type { Inbox } from './inbox.ts';
import { PeerFault, quoted } from './peer-fault.ts';

const startTlsOid = '1.3.6.1.4.1.1466.20037';

/** LDAPMessage { 1, ExtendedRequest { requestName } }, all lengths below 128. */
export function startTlsRequest(): Buffer {
  const name = Buffer.concat([Buffer.from([0x80, startTlsOid.length]), Buffer.from(startTlsOid)]);
  const request = Buffer.concat([Buffer.from([0x77, name.length]), name]);
  return Buffer.concat([Buffer.from([0x30, request.length + 3, 0x02, 0x01, 0x01]), request]);
}

/** Asks for TLS. When this returns, the server has agreed and said nothing since. */
export async function ldapStartTls(stream: Duplex, inbox: Inbox): Promise<void> {
  stream.write(startTlsRequest());
  const { code, text } = readAnswer(await inbox.take(messageLength));
  if (code !== 0) {
    throw new PeerFault(
      'starttls-refused',
      `answered result ${code}${text === '' ? '' : ` ${quoted(text)}`} to StartTLS`,
    );
  }
  if (inbox.waiting() > 0) {
    throw new PeerFault('injected', 'sent more in clear after it had agreed to TLS: someone may have put words in');
  }
}

interface Element {
  readonly tag: number;
  readonly body: Buffer;
  readonly rest: Buffer;
}

/** How long the message at the beginning is; undefined while that cannot be told yet. */
function messageLength(bytes: Buffer): number | undefined {
  if (bytes.length < 2) return undefined;
  if (bytes[0] !== 0x30) throw new PeerFault('not-ldap', `said ${quoted(bytes.toString('latin1'))}, which is not LDAP`);
  const head = header(bytes);
  return head && head.start + head.length;
}

/** Where a BER element's contents start, and how long they are (X.690 8.1.3, definite form: RFC 4511 5.1). */
function header(bytes: Buffer): { readonly start: number; readonly length: number } | undefined {
  const first = bytes[1] ?? 0;
  if (first < 0x80) return { start: 2, length: first };
  const size = first & 0x7f;
  if (size === 0 || size > 4) throw new PeerFault('not-ldap', 'sent a length that LDAP does not have');
  return bytes.length < 2 + size ? undefined : { start: 2 + size, length: bytes.readUIntBE(2, size) };
}

function element(bytes: Buffer): Element {
  const head = bytes.length < 2 ? undefined : header(bytes);
  const end = head === undefined ? Infinity : head.start + head.length;
  if (head === undefined || end > bytes.length) throw new PeerFault('not-ldap', 'sent an answer that is cut short');
  return { tag: bytes[0] ?? 0, body: bytes.subarray(head.start, end), rest: bytes.subarray(end) };
}

/** The result code and the words of an ExtendedResponse. */
function readAnswer(message: Buffer): { readonly code: number; readonly text: string } {
  const id = element(element(message).body);
  const response = element(id.rest);
  // [APPLICATION 24]; a server that knows none of this sends the same as a notice of disconnection.
  if (response.tag !== 0x78) throw new PeerFault('not-ldap', 'answered StartTLS with another kind of message');
  const code = element(response.body);
  const matched = element(code.rest);
  const text = element(matched.rest);
  return { code: code.body.length === 1 ? (code.body[0] ?? 0) : -1, text: text.body.toString('utf8') };
}
