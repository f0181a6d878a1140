/** Hands a message to one SMTP server; the only file that knows nodemailer. */
import { createTransport } from 'nodemailer';

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  /** The local part of its Message-ID: the same message has the same, however often it is sent. */
  readonly id: string;
}

export interface MailServer {
  readonly host: string;
  readonly port: number;
  readonly tls: 'none' | 'starttls' | 'implicit';
}

/** What a server said to each recipient. */
export interface Handed {
  readonly accepted: readonly string[];
  readonly rejected: readonly { readonly address: string; readonly detail: string }[];
}

const connectMilliseconds = 10_000;
/** For the conversation as a whole, which a server could otherwise draw out line by line. */
const limitMilliseconds = 30_000;

/**
 * Sends `mail`; throws with the server's own words when it takes it for nobody for a reason other than the recipients.
 * With `starttls` and `implicit` a server without TLS is refused, but its certificate is not verified: that one has expired may
 * be just what the message says.
 */
export async function handOver({ host, port, tls }: MailServer, mail: Mail, signal: AbortSignal): Promise<Handed> {
  const transport = createTransport({
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    tls: { rejectUnauthorized: false },
    connectionTimeout: connectMilliseconds,
    greetingTimeout: connectMilliseconds,
    socketTimeout: connectMilliseconds,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    const { accepted, rejectedErrors = [] } = await transport.sendMail({
      from: mail.from,
      to: [...mail.to],
      subject: mail.subject,
      text: mail.text,
      messageId: `<${mail.id}@${mail.from.slice(mail.from.lastIndexOf('@') + 1)}>`,
      // RFC 3834: no vacation notice answers it.
      headers: { 'Auto-Submitted': 'auto-generated' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(limitMilliseconds)]),
    });
    return { accepted: accepted.map(addressOf), rejected: refusals(rejectedErrors) };
  } catch (error) {
    const { rejectedErrors = [] } = error as { readonly rejectedErrors?: readonly Refusal[] };
    if (rejectedErrors.length < mail.to.length) throw error;
    return { accepted: [], rejected: refusals(rejectedErrors) };
  } finally {
    transport.close();
  }
}

/** What nodemailer throws for a recipient. */
interface Refusal extends Error {
  readonly recipient?: string | undefined;
  readonly response?: string | undefined;
}

function refusals(errors: readonly Refusal[]): Handed['rejected'] {
  return errors.map(({ recipient = '', response, message }) => ({ address: recipient, detail: response ?? message }));
}

function addressOf(to: string | { readonly address: string }): string {
  return typeof to === 'string' ? to : to.address;
}
