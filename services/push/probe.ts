/** The proof from outside: whether what a real TLS connection to a listener is served is what was sent. */
import { createHash, X509Certificate } from 'node:crypto';

import { converse, type Conversation, type Open, type Topic } from '../conversation/converse.ts';
import type { MachineStatus, ProbeTarget } from '../schema/types.generated.ts';

export type Served = MachineStatus['served'][number];

/** What was seen on one listener, as status shows it. */
export type Sighting = Pick<Served, 'fingerprint' | 'expires' | 'verdict' | 'detail'>;

type Seen = Pick<ProbeTarget, 'listener' | 'tls' | 'serverName'>;

const stepSeconds = 10;

/** Opens TLS as the target says, no further than the handshake. */
export function sight(open: Open, { listener, tls, serverName }: Seen): Promise<Conversation> {
  const topic: Topic = {
    // What is not a listener by its plain name speaks no SMTP: it is not told QUIT.
    service: tls === 'implicit' ? (listener.includes('/') ? 'https' : 'smtps') : 'smtp',
    serverName,
    ownName: 'signet-probe.invalid',
    until: tls === 'off' ? 'offer' : 'handshake',
    patience: stepSeconds,
  };
  return converse(open, topic);
}

/** Holds what was seen against the chain that was sent, given as the SHA-256 of each certificate's DER. */
export function verdict(
  seen: Conversation,
  wanted: readonly string[],
  { tls, mayBeWithheld }: Pick<ProbeTarget, 'tls' | 'mayBeWithheld'>,
): Sighting {
  const chain = fingerprints(seen);
  const [leaf] = seen.chain;
  return {
    fingerprint: chain[0] ?? '',
    expires: leaf ? new Date(new X509Certificate(leaf).validTo).toISOString() : '',
    ...(failure(seen, mayBeWithheld ?? false) ?? (tls === 'off' ? withoutTls(seen) : comparison(seen, chain, wanted))),
  };
}

/** The SHA-256 of the DER of each served certificate, leaf first; empty when there was no TLS. */
export function fingerprints({ chain }: Conversation): readonly string[] {
  return chain.map((der) => createHash('sha256').update(der).digest('hex'));
}

/** Whether nothing speaks against what was sent: every listener serves it, or is one that is not probed. */
export function proven(served: readonly Served[]): boolean {
  return served.every(({ verdict }) => verdict === 'match' || verdict === 'unproven');
}

type Judged = Pick<Served, 'verdict' | 'detail'>;

function failure({ steps }: Conversation, mayBeWithheld: boolean): Judged | undefined {
  const last = steps.at(-1);
  if (last?.fault === undefined) return undefined;
  if (last.fault === 'not-offered' && mayBeWithheld) {
    return {
      verdict: 'unproven',
      detail: 'STARTTLS is withheld from the address that probes, by its sender group or policy',
    };
  }
  if (last.fault === 'not-offered') return { verdict: 'differs', detail: last.detail };
  return { verdict: last.step === 'connect' ? 'unreachable' : 'refused', detail: last.detail };
}

function withoutTls({ offered }: Conversation): Judged {
  if (offered) return { verdict: 'refused', detail: 'STARTTLS is offered although the policy is off' };
  return { verdict: 'match', detail: 'TLS is off, and not offered' };
}

function comparison({ session }: Conversation, chain: readonly string[], wanted: readonly string[]): Judged {
  if (chain[0] !== wanted[0]) return { verdict: 'differs', detail: 'another certificate is served' };
  if (wanted.some((certificate, index) => chain[index] !== certificate)) {
    return {
      verdict: 'differs',
      detail: `the right certificate is served with another chain (${chain.length} of ${wanted.length})`,
    };
  }
  return { verdict: 'match', detail: `${session?.protocol ?? ''} ${session?.cipher ?? ''}` };
}
