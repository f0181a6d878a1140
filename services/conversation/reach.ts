/** The first step: a TCP connection from here. */
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';

import { PeerFault } from './peer-fault.ts';

/** Connects to a host name or address; throws `PeerFault` with what the system says. Ends when `signal` aborts. */
export function reach(host: string, port: number, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    signal.addEventListener('abort', () => socket.destroy(), { once: true });
    socket.once('connect', () => resolve(socket));
    socket.once('error', (error: NodeJS.ErrnoException) => reject(unconnected(error, host, port)));
  });
}

function unconnected({ code = '', message }: NodeJS.ErrnoException, host: string, port: number): PeerFault {
  if (code === 'ECONNREFUSED') return new PeerFault('port-closed', `nothing listens on ${host} port ${port}`);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'ENODATA') {
    return new PeerFault('not-found', `the name ${host} has no address`);
  }
  return new PeerFault('unreachable', `${host} port ${port} cannot be reached (${code === '' ? message : code})`);
}
