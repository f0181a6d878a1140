/** Splits any text into its PEM blocks (RFC 7468, read laxly, with the headers of RFC 1421 that old keys have). */
import { NamedError } from '../errors.ts';
import { maximumBytes } from './limits.ts';

export interface Block {
  readonly label: string;
  /** Header fields by name, such as DEK-Info of an encrypted traditional key. */
  readonly headers: ReadonlyMap<string, string>;
  readonly der: Uint8Array;
  /** The block on its own, in the strict form of RFC 7468. */
  readonly pem: string;
}

/**
 * The blocks of `text` in order. A byte order mark, any line ends, indentation and text between blocks are allowed; a
 * block that is cut short, closed under another label or not base64 is `bad-certificate`, more than 1 MiB `invalid-input`.
 */
export function splitPem(text: string): readonly Block[] {
  if (Buffer.byteLength(text) > maximumBytes) {
    throw new NamedError(
      'invalid-input',
      `the text is over ${maximumBytes} bytes; send only the key and the certificates`,
      {
        facts: { reason: 'too-large' },
      },
    );
  }
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim());
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const label = boundary('BEGIN', lines[at]);
    if (label === undefined) continue;
    let end = at + 1;
    while (lines[end]?.startsWith('-----') === false) end += 1;
    if (boundary('END', lines[end]) !== label) throw cutShort(label);
    blocks.push(block(label, lines.slice(at + 1, end)));
    at = end;
  }
  return blocks;
}

/** `der` as one block, in the strict form of RFC 7468. */
export function pemBlock(label: string, der: Uint8Array): string {
  return strict(label, Buffer.from(der).toString('base64'), []);
}

/** Whether a block is a certificate; `X509 CERTIFICATE` is what OpenSSL wrote long ago. */
export function isCertificate({ label }: Block): boolean {
  return label === 'CERTIFICATE' || label === 'X509 CERTIFICATE';
}

/** Whether a block is a private key of any kind, also one we cannot use. */
export function isPrivateKey({ label }: Block): boolean {
  return label.endsWith('PRIVATE KEY');
}

function boundary(kind: 'BEGIN' | 'END', line = ''): string | undefined {
  return new RegExp(`^-----${kind} ([A-Z0-9 ]{1,64})-----$`).exec(line)?.[1];
}

function block(label: string, lines: readonly string[]): Block {
  const blank = lines.indexOf('');
  const hasHeaders = lines[0]?.includes(':') === true && blank > 0;
  const fields = hasHeaders ? lines.slice(0, blank) : [];
  const base64 = lines.slice(fields.length).join('');
  if (base64 === '' || base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) throw notBase64(label);
  return {
    label,
    headers: new Map(fields.map((field) => [before(field), field.slice(before(field).length + 1).trim()])),
    der: Buffer.from(base64, 'base64'),
    pem: strict(label, base64, hasHeaders ? [...fields, ''] : []),
  };
}

function strict(label: string, base64: string, headers: readonly string[]): string {
  const lines = [...headers, ...(base64.match(/.{1,64}/g) ?? [])];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

function before(field: string): string {
  return field.slice(0, Math.max(0, field.indexOf(':')));
}

function cutShort(label: string): NamedError {
  return new NamedError(
    'bad-certificate',
    `a ${label} block is cut short: it has no end line of its own; copy it again as a whole`,
    {
      facts: { reason: 'cut-short' },
    },
  );
}

function notBase64(label: string): NamedError {
  return new NamedError('bad-certificate', `a ${label} block does not hold base64; copy it again as a whole`, {
    facts: { reason: 'not-base64' },
  });
}
