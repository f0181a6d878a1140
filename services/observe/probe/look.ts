/** The looks themselves: one connection an aim, a few at a time, from the controller or through a gateway. */
import { hostname } from 'node:os';
import pLimit from 'p-limit';

import { converse, type Conversation, type Open } from '../../conversation/converse.ts';
import { PeerFault } from '../../conversation/peer-fault.ts';
import { reach } from '../../conversation/reach.ts';
import { isNamed, NamedError } from '../../errors.ts';
import { checkConnected } from '../../machines/connected.ts';
import type { MachineService } from '../../machines/service.ts';
import type { Anchors } from '../../pki/anchors.ts';
import { forwarded } from '../../push/forwarded.ts';
import type { Pool } from '../../push/pool.ts';
import type { Probe, Registration } from '../../schema/types.generated.ts';
import { controller, type Aim } from './aim.ts';
import { judge } from './judge.ts';

export interface LookDeps {
  readonly machines: Pick<MachineService, 'byName'>;
  readonly pool: Pick<Pool, 'link'>;
  readonly now: () => Date;
}

export interface Looked {
  readonly probe: Probe;
  readonly seen: Conversation;
}

/** Looks at all of `aims`; throws `invalid-input` for one that a gateway may not connect to, before any is connected to. */
export type Looker = (aims: readonly Aim[], anchors: Anchors, signal: AbortSignal) => Promise<readonly Looked[]>;

/** Connections at once. */
const atOnce = 16;

const patienceSeconds = 10;

export function looker(deps: LookDeps): Looker {
  const limit = pLimit(atOnce);
  return async (aims, anchors, signal) => {
    const ready = await Promise.all(aims.map(async (aim) => ({ aim, open: await opener(deps, aim) })));
    return Promise.all(
      ready.map(({ aim: { view, expected, serverName }, open }) =>
        limit(async (): Promise<Looked> => {
          signal.throwIfAborted();
          const seen = await converse(open, {
            service: expected.service,
            serverName,
            ownName: await ownName(deps, view.from),
            until: expected.withoutTls ? 'offer' : 'mail',
            patience: patienceSeconds,
          });
          const now = deps.now();
          return { probe: { ...view, seen: now.toISOString(), ...judge(seen, expected, anchors, now) }, seen };
        }),
      ),
    );
  };
}

/** A machine that is a member; throws `not-found`. */
export async function member({ machines }: Pick<LookDeps, 'machines'>, name: string): Promise<Registration> {
  const found = await machines.byName(name);
  if (found?.state === 'member') return found;
  throw new NamedError('not-found', `there is no member ${name}; see "signet machine list"`);
}

/** From a gateway go only connections to itself, and to where mail goes (docs/decisions/0002-probes-from-gateways.md). */
async function opener(deps: LookDeps, { view }: Aim): Promise<Open> {
  const { from, server, port } = view;
  if (from === controller) return (signal) => reach(server, port, signal);
  const registration = await member(deps, from);
  checkConnected(registration);
  const { id, host, facts } = registration;
  const own = ['127.0.0.1', '::1', host, ...(facts?.addresses ?? [])];
  if (port !== mailPort && !own.includes(server)) {
    throw new NamedError(
      'invalid-input',
      `from ${from} only its own addresses can be looked at, and port ${mailPort} of other servers; look at port ${port} of ${server} from the controller`,
    );
  }
  return async () => {
    try {
      const { connection } = await deps.pool.link(id);
      return await forwarded(connection, { host: server, port });
    } catch (error) {
      if (!isNamed(error)) throw error;
      throw new PeerFault('unreachable', error.message);
    }
  };
}

const mailPort = 25;

/** What the one who looks calls itself: the gateway as it does in its mail, the controller by its host name. */
async function ownName(deps: LookDeps, from: string): Promise<string> {
  const name = from === controller ? hostname() : ((await member(deps, from)).facts?.hostname ?? from);
  return name.includes('.') ? name : 'signet-probe.invalid';
}
