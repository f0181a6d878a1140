/** Listens: plain HTTP on loopback, TLS everywhere else, and an end that lets running requests finish. */
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { NamedError } from '../errors.ts';
import { api } from './app.ts';
import type { ApiDeps, Log } from './deps.ts';
import { isLoopback } from './loopback.ts';
import { readTlsFiles, watchTlsFiles, type TlsFiles } from './tls-files.ts';

export interface ListenOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Needed beyond loopback. */
  readonly tls?: TlsFiles;
  /** How often the TLS files are looked at; 5 when left out. */
  readonly tlsCheckSeconds?: number;
  /** How long running requests may take to finish at the end; 10 when left out. */
  readonly graceSeconds?: number;
}

export interface Listener {
  /** Where it listens, such as `http://127.0.0.1:7410`. */
  readonly url: string;
  /** Stops accepting, ends event streams, lets running requests finish, and cuts what is left at the deadline. */
  close(): Promise<void>;
}

/** Serves the API. Throws `invalid-input` for an address beyond loopback without TLS, and `busy` for a port that is taken. */
export async function serve(deps: Omit<ApiDeps, 'closing'>, options: ListenOptions): Promise<Listener> {
  const { host, port, tls, tlsCheckSeconds = 5, graceSeconds = 10 } = options;
  if (!tls && !isLoopback(host)) {
    throw new NamedError(
      'invalid-input',
      `refusing to listen on ${host} without TLS, since tokens would cross the network in clear; give a key and a certificate file, or listen on 127.0.0.1`,
    );
  }
  const closing = new AbortController();
  const app = api({ ...deps, closing: closing.signal });
  const server = tls ? createTlsServer(readTlsFiles(tls), app) : createServer(app);
  const unwatch = tls ? renewed(server as TlsServer, tls, tlsCheckSeconds, deps.log) : () => undefined;
  await listening(server, host, port);
  return {
    url: address(server, tls ? 'https' : 'http', host),
    async close() {
      closing.abort();
      unwatch();
      await closed(server, graceSeconds);
    },
  };
}

/** New connections get the new certificate; files that do not belong together (yet) change nothing. */
function renewed(server: TlsServer, files: TlsFiles, everySeconds: number, log: Log): () => void {
  return watchTlsFiles(files, everySeconds, () => {
    try {
      server.setSecureContext(readTlsFiles(files));
      log.info({ certificate: files.certificate }, 'TLS certificate of the API renewed');
    } catch (error) {
      const detail = error instanceof NamedError ? error.message : '';
      log.warn({ certificate: files.certificate, detail }, 'TLS certificate of the API not renewed');
    }
  });
}

async function listening(server: Server, host: string, port: number): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      throw new NamedError('busy', `${host} port ${port} is taken; stop what listens there or choose another port`, {
        cause,
      });
    }
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EACCES') {
      throw new NamedError(
        'invalid-input',
        `cannot listen on ${host} port ${port} (${code}); choose another address or port`,
        { cause },
      );
    }
    throw cause;
  }
}

async function closed(server: Server, graceSeconds: number): Promise<void> {
  // A connection that finishes its last request becomes idle; without this it would be kept alive until the deadline.
  const idle = setInterval(() => server.closeIdleConnections(), 20);
  const deadline = setTimeout(() => server.closeAllConnections(), graceSeconds * 1000);
  const end = once(server, 'close');
  server.close();
  await end;
  clearInterval(idle);
  clearTimeout(deadline);
}

function address(server: Server, scheme: string, host: string): string {
  const { port } = server.address() as AddressInfo;
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
