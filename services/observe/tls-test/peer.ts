/** How a server behaves, as Postfix would find it when it delivers: one of the columns of the table of outcomes. Pure. */
import type { Conversation } from '../../conversation/converse.ts';
import { isNamed } from '../../errors.ts';
import { anchorOf, type Anchors } from '../../pki/anchors.ts';
import { hostNames } from '../../pki/certificate-details.ts';
import { readCertificate, type Certificate } from '../../pki/certificate.ts';
import { climb } from '../../pki/order.ts';
import type { Peer } from '../../platforms/postfix/outcomes.ts';
import type { Destination, Protocols } from '../../schema/types.generated.ts';
import { matches, patternsOf, type Names } from './match.ts';

/** What the machine that delivers asks of a server. */
export interface Demands {
  readonly destination: Destination;
  /** The domain and the mail exchanger, for the names that a certificate may carry. */
  readonly names: Names;
  /** The authorities of `outbound/trust`. */
  readonly anchors: Anchors;
  /** `protocols/outbound/minimum` */
  readonly minimum: Protocols['outbound']['minimum'];
  readonly now: Date;
}

export interface Behaviour {
  readonly peer: Peer | 'unreachable';
  /** Whether the certificate or its key is one of the destination's fingerprints. */
  readonly listed: boolean;
  /** What was seen, as a clause. */
  readonly because: string;
}

export function behaviour(seen: Conversation, demands: Demands): Behaviour {
  if (seen.session === undefined) return withoutSession(seen);
  const { protocol } = seen.session;
  if (oldestFirst.indexOf(protocol) < oldestFirst.indexOf(demands.minimum)) {
    return without(
      'handshake-fails',
      `it speaks nothing newer than ${protocol}, and ${demands.minimum} is the least here`,
    );
  }
  return shown(seen, demands);
}

function withoutSession({ steps }: Conversation): Behaviour {
  const { step, fault, detail = 'nothing was seen' } = steps.at(-1) ?? {};
  // Postfix goes on with HELO, and without extensions (smtp_proto.c).
  if (fault === 'not-offered' || fault === 'not-esmtp') return without('not-offered', detail);
  if (fault === 'starttls-refused') return without('refused', detail);
  return without(step === 'starttls' || step === 'handshake' ? 'handshake-fails' : 'unreachable', detail);
}

const oldestFirst = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

function without(peer: Behaviour['peer'], because: string): Behaviour {
  return { peer, listed: false, because };
}

/** By the certificate it shows. */
function shown({ chain }: Conversation, { destination, names, anchors, now }: Demands): Behaviour {
  const [leaf, ...issuers] = chain.map(readable);
  if (!leaf) return without('self-signed', 'its certificate cannot be read');
  const listed = [leaf.sha256, leaf.key].some((digest) => destination.fingerprints?.includes(digest));
  const path = climb(leaf, [leaf, ...issuers.filter((one) => one !== undefined)], now);
  const anchor = anchorOf(path.at(-1) ?? leaf, anchors, now);
  if (!anchor) {
    const what = leaf.selfSigned
      ? 'its certificate is signed by its own key'
      : 'its chain leads to no authority of outbound/trust';
    return { peer: 'self-signed', listed, because: what };
  }
  if (path.some(({ notBefore, notAfter }) => notAfter < now || now < notBefore)) {
    return { peer: 'expired', listed, because: 'its chain is out of its time' };
  }
  const carried = hostNames(leaf);
  if (!matches(carried, patternsOf(destination), names)) {
    const wanted = patternsOf(destination).join(', ');
    return {
      ...{ peer: 'wrong-name', listed },
      because: `its certificate is for ${carried.slice(0, 5).join(', ') || 'no name'}, and ${wanted} is asked for`,
    };
  }
  return { peer: 'valid', listed, because: 'its chain and its name hold' };
}

function readable(der: Buffer): Certificate | undefined {
  try {
    return readCertificate(der);
  } catch (error) {
    if (isNamed(error, 'bad-certificate')) return undefined;
    throw error;
  }
}
