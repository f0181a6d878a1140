/** What outgoing mail meets in these tests: a gateway that trusts one authority, a peer for each behaviour, and a DNS that leads there. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';

import { logged, outcomes, peers, type Outcome, type Peer } from '../../../services/platforms/postfix/outcomes.ts';
import type { Operation, TrustBundle } from '../../../services/schema/types.generated.ts';
import type { Gateway } from '../../lab/harness.ts';
import { amend, rollOut } from '../harness.ts';
import type { Signetd } from '../signetd.ts';
import { makeIdentities, type Identities } from './identities.ts';
import { attempted, mailLog, waiting } from './mail-log.ts';
import { startPeer, type Received, type Script, type Server } from './peer.ts';
import { hostNumber, recipient, type Play } from './plays.ts';
import { startResolver } from './resolver.ts';

export interface Stage {
  readonly identities: Identities;
  /** Starts one more peer, under the last number of its address. */
  peer(number: number, script: Omit<Script, 'address'>): Promise<Server>;
  /** Hands one message for a user of all the domains to the gateway; waits until each was tried. */
  send(plays: readonly Play[], user?: string): Promise<void>;
  /** What became of the message, by what the peer got, what the log says and what is in the queue. */
  seen(play: Play, user?: string): Promise<Seen>;
  close(): Promise<void>;
}

export type Seen = Pick<Outcome, 'peer' | 'verdict'> & { readonly logged?: string };

/** `records` are further records of the zones. */
export async function setStage(gateway: Gateway, plays: readonly Play[], records: readonly string[]): Promise<Stage> {
  const all = Object.keys(peers) as Peer[];
  const hosts = all.map((peer) => [peer, plays.flatMap(({ row, exchanger }) => (row.peer === peer ? exchanger : []))]);
  const identities = await makeIdentities(Object.fromEntries(hosts) as Record<Peer, readonly string[]>);
  const servers: Server[] = [];

  async function peer(number: number, script: Omit<Script, 'address'>): Promise<Server> {
    const server = await startPeer({ ...script, address: hostAddress(gateway, number) });
    servers.push(server);
    return server;
  }

  for (const one of all) await peer(hostNumber(one), { behaviour: one, identity: identities.of(one) });
  await startResolver(gateway, plays, identities, records);
  return {
    identities,
    peer,
    async send(plays, user) {
      const recipients = plays.map((play) => recipient(play, user));
      await gateway.inside(`printf 'Subject: outcome\\n\\nHello.\\n' | sendmail -f root ${recipients.join(' ')}`);
      await attempted(gateway, recipients);
    },
    async seen(play, user) {
      const to = recipient(play, user);
      const { attempts, sessions } = await mailLog(gateway);
      const attempt = attempts.findLast((one) => one.recipient === to);
      const got = servers.flatMap(({ received }) => received).filter((one) => one.recipient === to);
      const kept = (await waiting(gateway)).has(to);
      assert.equal(got.length, kept ? 0 : 1, `${to}: ${attempt?.status} ${attempt?.reason}`);
      const [one] = got;
      const said = known(one ? sessions.get(play.exchanger) : attempt?.reason);
      return { peer: play.row.peer, verdict: verdict(one, said), ...(said === undefined ? {} : { logged: said }) };
    },
    async close() {
      for (const server of servers) await server.close();
    },
  };
}

/** The words of the table that a line of the log has, or the whole of the line when it has none. */
function known(said: string | undefined): string | undefined {
  return outcomes.map(logged).find((words) => words !== undefined && said?.includes(words)) ?? said;
}

function verdict(got: Received | undefined, said: string | undefined): Outcome['verdict'] {
  if (!got) return 'deferred';
  if (!got.secure) return 'clear';
  return said?.startsWith('Verified') ? 'verified' : 'unverified';
}

/** The authority of the peers becomes the trust list of all destinations. */
export async function trustAuthority(signetd: Signetd, { root }: Identities): Promise<void> {
  const { bundle } = await signetd.api<TrustBundle>('POST', '/trust-bundles', { pem: root });
  await amend(
    signetd,
    { op: 'set', level: 'cluster', path: '/trust/peers', value: { source: 'bundle', bundle } },
    { op: 'set', level: 'cluster', path: '/outbound/trust', value: ['peers'] },
  );
}

/** Commits the changes and waits until the gateways have them. */
export async function change(signetd: Signetd, ...operations: readonly Operation[]): Promise<void> {
  if (operations.length > 0) await amend(signetd, ...operations);
  const { outcomes } = await rollOut(signetd, 'a change');
  assert.ok(
    outcomes.every(({ state }) => state === 'confirmed' || state === 'unchanged'),
    JSON.stringify(outcomes),
  );
}

/** An address of the host's own on the lab's bridge; it goes with the bridge. */
function hostAddress({ address }: Gateway, number: number): string {
  const [a, b, net] = address.split('.');
  const own = `${a}.${b}.${net}.${number}`;
  execFileSync('ip', ['addr', 'replace', `${own}/32`, 'dev', `sl${net}`]);
  return own;
}
