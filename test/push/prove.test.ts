import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';

import type { ChainFacts } from '../../services/pki/chain-facts.ts';
import { prove } from '../../services/push/prove.ts';
import type { ProbeTarget } from '../../services/schema/types.generated.ts';
import { peer, smtp } from '../conversation/peers.ts';
import { makeHierarchy, removeFolder, temporaryFolder, texts, withoutOpenssl } from '../pki/openssl.ts';

describe('the proof of a push', { skip: withoutOpenssl }, () => {
  const folder = temporaryFolder();
  let serve: (socket: Socket) => void;
  let chain: readonly string[] = [];
  before(() => {
    makeHierarchy(folder, 'ec');
    const [key, cert] = [texts(folder, 'leaf.key'), texts(folder, 'leaf.pem', 'intermediate.pem')];
    serve = smtp({ identity: { key, cert } });
    chain = [texts(folder, 'leaf.pem'), texts(folder, 'intermediate.pem')].map((pem) =>
      createHash('sha256').update(new X509Certificate(pem).raw).digest('hex'),
    );
  });
  after(() => removeFolder(folder));

  /** What is seen, and how often the listener was looked at, when `act` says what each connection meets. */
  async function seen(act: (socket: Socket, connection: number) => void) {
    const listener = await peer((socket) => act(socket, listener.connections()));
    const target = {
      ...{ listener: 'public', address: '127.0.0.1', port: listener.port, tls: 'starttls' },
      ...{ serverName: 'mail.example.test', chain: 'sent', from: 'controller' },
    } as ProbeTarget;
    const proof = {
      ...{ host: '127.0.0.1', targets: [target], chains: new Map([['sent', { certificates: chain } as ChainFacts]]) },
      ...{ connection: () => assert.fail('nothing goes through the gateway'), now: () => new Date() },
    };
    try {
      const [served] = await prove(proof, 5);
      return [served?.verdict, listener.connections()];
    } finally {
      await listener.close();
    }
  }

  it('is one look where the listener serves what was sent', async () => {
    assert.deepEqual(await seen(serve), ['match', 1]);
  });

  it('does not wait for a connection that hangs when another one is served', async () => {
    assert.deepEqual(await seen((socket, connection) => connection > 1 && serve(socket)), ['match', 2]);
  });

  it('looks again where the first that answers does not serve what was sent yet', async () => {
    assert.deepEqual(await seen((socket, connection) => (connection > 1 ? serve(socket) : socket.end())), ['match', 2]);
  });
});
