/** Real receivers of alerts: an SMTP server and an HTTP server that keep what they get. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

import { parse } from '../../services/schema/parse.ts';
import type { AlertNotice } from '../../services/schema/types.generated.ts';
import { openssl, removeFolder, temporaryFolder } from '../pki/openssl.ts';

export interface Received {
  readonly to: readonly string[];
  readonly secure: boolean;
  /** As it came over the wire, lines ended by \n. */
  readonly text: string;
}

export interface Mailbox {
  /** HOST:PORT. */
  readonly server: string;
  readonly mails: readonly Received[];
  close(): Promise<void>;
}

/** What the mail servers show: a certificate that nobody can verify. */
const identity = selfSigned();

function selfSigned() {
  const folder = temporaryFolder();
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'key.pem'];
  openssl(folder, ['req', '-x509', ...key, '-out', 'cert.pem', '-days', '1', '-subj', '/CN=elsewhere.example.org']);
  const [tlsKey, cert] = ['key.pem', 'cert.pem'].map((name) => readFileSync(join(folder, name)));
  removeFolder(folder);
  return { key: tlsKey, cert };
}

/** A mail server on a port of its own; `refuse` are recipients that it answers with 550. */
export async function mailbox({
  refuse = [],
  ...options
}: SMTPServerOptions & { readonly refuse?: readonly string[] } = {}): Promise<Mailbox> {
  const mails: Received[] = [];
  const server = new SMTPServer({
    ...identity,
    authOptional: true,
    disableReverseLookup: true,
    onRcptTo: ({ address }, _session, done) =>
      done(refuse.includes(address) ? Object.assign(new Error('no such user'), { responseCode: 550 }) : undefined),
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const text = Buffer.concat(chunks).toString().replaceAll('\r\n', '\n');
        mails.push({ to: session.envelope.rcptTo.map(({ address }) => address), secure: session.secure, text });
        done();
      });
    },
    ...options,
  });
  // A client that gives up is the client's matter.
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  return {
    server: `127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    mails,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

export interface Hook {
  readonly url: string;
  readonly notices: readonly AlertNotice[];
  /** What it answers from now on. */
  answer(status: number): void;
  close(): Promise<void>;
}

/** A webhook that holds what it gets against the schema. */
export async function hook(): Promise<Hook> {
  const notices: AlertNotice[] = [];
  let status = 204;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      notices.push(parse('alert-notice', JSON.parse(body), 'what the webhook got'));
      response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=very-secret`,
    notices,
    answer: (next) => (status = next),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
