/** What a message of smtp(8) or smtpd(8) says about a session, at tls_loglevel 1. Postfix 3.5 to 3.10 say it in the same words. Pure. */

/** One end of a connection as Postfix writes it: `mx.example.net[192.0.2.1]:25`. */
export interface Peer {
  /** `unknown` where its address has no name. */
  readonly host: string;
  readonly address: string;
  /** Of servers only. */
  readonly port?: number;
}

export interface Tls {
  readonly peer: Peer;
  readonly trust: 'anonymous' | 'untrusted' | 'trusted' | 'verified';
  readonly protocol: string;
  readonly cipher: string;
}

export type Message =
  /** tls_log_summary (tls_misc.c): the one line of a session that came about. */
  | { readonly kind: 'established'; readonly tls: Tls }
  /** Comes before `established`: why the certificate did not hold. */
  | { readonly kind: 'unverified'; readonly why: string }
  /** No handshake; what OpenSSL says of it comes next. */
  | { readonly kind: 'broken'; readonly peer: Peer }
  | { readonly kind: 'library'; readonly why: string }
  /** A server was given up: another one is tried, or this one in clear. */
  | { readonly kind: 'given-up'; readonly queueId: string; readonly why: string }
  | {
      readonly kind: 'delivery';
      readonly queueId: string;
      /** The recipient's, in lower case. */
      readonly domain: string;
      /** Undefined where no server was reached, and for sockets of the machine itself. */
      readonly relay: Peer | undefined;
      readonly sent: boolean;
      readonly text: string;
    }
  /** smtpd takes a message. */
  | { readonly kind: 'client'; readonly queueId: string; readonly peer: Peer }
  | { readonly kind: 'disconnect'; readonly peer: Peer };

const queueId = '([0-9A-Za-z]{5,32})';
const peer = '(\\S{1,260}\\[[^\\]\\s]{1,108}\\](?::\\d{1,5})?)';
// Quoted local parts may hold anything, this line's own punctuation included (RFC 5321 4.1.2).
const recipient = '<((?:"(?:[^"\\\\]|\\\\.)*"|[^">])*)>';

/** In this order; each is held to the beginning of the message, as what others say stands further on. */
const shapes: readonly (readonly [RegExp, (...found: readonly string[]) => Message | undefined])[] = [
  [
    new RegExp(
      `^(Anonymous|Untrusted|Trusted|Verified) TLS connection (?:established|reused) (?:to|from) ${peer}(?: to \\S+)?: (\\S{1,20}) with cipher (\\S{1,100})`,
    ),
    (trust = '', at = '', protocol = '', cipher = '') => {
      const found = readPeer(at);
      const word = trust.toLowerCase() as Tls['trust'];
      return found && { kind: 'established', tls: { peer: found, trust: word, protocol, cipher } };
    },
  ],
  [
    new RegExp(`^(?:server |client )?certificate verification failed for ${peer}: (.+)$`),
    (_at, why = '') => ({ kind: 'unverified', why: why.replace(/^num=\d+:/, '') }),
  ],
  [
    new RegExp(`^SSL_(?:connect|accept) error (?:to|from) ${peer}: `),
    (at = '') => {
      const found = readPeer(at);
      return found && { kind: 'broken', peer: found };
    },
  ],
  [
    /^warning: TLS library problem: (?:\d+:)?error:[0-9A-F]+:(.+)$/,
    (why = '') => ({ kind: 'library', why: reason(why) }),
  ],
  [
    new RegExp(
      `^${queueId}: to=${recipient}, (?:orig_to=${recipient}, )?relay=([^,\\s]+), .*?dsn=[\\d.]+, status=(\\w+) \\((.*)\\)$`,
    ),
    (id = '', to = '', _original, relay = '', status = '', text = '') => ({
      ...{ kind: 'delivery', queueId: id, domain: to.slice(to.lastIndexOf('@') + 1).toLowerCase() },
      ...{ relay: readPeer(relay), sent: status === 'sent', text },
    }),
  ],
  [new RegExp(`^${queueId}: client=${peer}`), (id = '', at = '') => client(id, at)],
  [new RegExp(`^${queueId}: (Cannot start TLS: .*)$`), (id = '', why = '') => ({ kind: 'given-up', queueId: id, why })],
  [
    new RegExp(`^disconnect from ${peer}`),
    (at = '') => {
      const found = readPeer(at);
      return found && { kind: 'disconnect', peer: found };
    },
  ],
];

/** Undefined for what says nothing about TLS. */
export function readMessage(text: string): Message | undefined {
  for (const [pattern, make] of shapes) {
    const found = pattern.exec(text);
    if (found) return make(...found.slice(1));
  }
  return undefined;
}

/** Undefined for `none`, and for the sockets of the machine's own services. */
export function readPeer(text: string): Peer | undefined {
  const [, host, address, port] = /^(\S+)\[([0-9A-Fa-f:.]+)\](?::(\d+))?$/.exec(text) ?? [];
  if (host === undefined || address === undefined) return undefined;
  return { host: host.toLowerCase(), address, ...(port === undefined ? {} : { port: Number(port) }) };
}

function client(id: string, at: string): Message | undefined {
  const found = readPeer(at);
  return found && { kind: 'client', queueId: id, peer: found };
}

/** `SSL routines::wrong version number:../ssl/record/ssl3_record.c:350:` without the library and its source. */
function reason(text: string): string {
  const [, , words] = /^(SSL routines|[^:]*):[^:]*:([^:]+)/.exec(text) ?? [];
  return words ?? text;
}
