/** A connection from a gateway to somewhere else, over its SSH connection: as far as the key's permitopen lets it. */
import type { Duplex } from 'node:stream';

import { PeerFault } from '../conversation/peer-fault.ts';
import { isNamed } from '../errors.ts';
import type { Address, Connection } from './ssh.ts';

/** Throws `PeerFault` with what the gateway's sshd says. */
export async function forwarded(connection: Connection, to: Address): Promise<Duplex> {
  try {
    return await connection.forward(to);
  } catch (error) {
    if (!isNamed(error)) throw error;
    const closed = /connection refused/i.test(error.message);
    throw new PeerFault(closed ? 'port-closed' : 'unreachable', error.message);
  }
}
