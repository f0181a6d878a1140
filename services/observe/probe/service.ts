/** Looks at servers, ours and those of others, from the controller or from a gateway, and says how they stand. */
import { hostname } from 'node:os';
import pLimit from 'p-limit';

import type { CertificateService } from '../../certificates/contract.ts';
import type { ConfigService } from '../../config/service.ts';
import { converse, type Open } from '../../conversation/converse.ts';
import { PeerFault } from '../../conversation/peer-fault.ts';
import { reach } from '../../conversation/reach.ts';
import { isNamed, NamedError } from '../../errors.ts';
import type { MachineService } from '../../machines/service.ts';
import type { PkiService } from '../../pki/service.ts';
import { forwarded } from '../../push/forwarded.ts';
import type { Pool } from '../../push/pool.ts';
import type { Probe, ProbeReport, ProbeRequest, Registration, Settings } from '../../schema/types.generated.ts';
import { allowance } from './allowance.ts';
import { controller, domainAims, hostAim, listenerAim, type Aim } from './aim.ts';
import { judge } from './judge.ts';
import { mailHosts } from './mail-hosts.ts';
import type { LookUpMx } from './resolver.ts';
import { average, isWell } from './score.ts';

export interface ProbeDeps {
  readonly config: Pick<ConfigService, 'head' | 'configuration' | 'effective' | 'manifest'>;
  readonly machines: Pick<MachineService, 'byName'>;
  readonly certificates: Pick<CertificateService, 'roots'>;
  readonly pki: Pick<PkiService, 'facts'>;
  readonly pool: Pick<Pool, 'link'>;
  readonly lookUpMx: LookUpMx;
  readonly now: () => Date;
}

export interface ProbeService {
  /**
   * One connection for each listener, host, or mail host of a domain. Throws `not-found` for machines, listeners and domains
   * that are not there, `invalid-input` for more than can be looked at, and `busy` for too many in a minute.
   */
  probe(request: ProbeRequest, signal: AbortSignal): Promise<ProbeReport>;
}

/** Connections in one request, at once, and to servers of others in a minute. */
const mostAims = 100;
const atOnce = 16;
const mostOfOthers = 60;

const patienceSeconds = 10;

export function probeService(deps: ProbeDeps): ProbeService {
  const { config, now, lookUpMx } = deps;
  const limit = pLimit(atOnce);
  const allow = allowance(mostOfOthers, now);

  async function probe(request: ProbeRequest, signal: AbortSignal): Promise<ProbeReport> {
    if (request.from !== undefined) await member(deps, request.from);
    const { aims, ...found } = await aimed(request);
    const anchors = await deps.certificates.roots();
    // All of them first: a request that goes too far is refused before anything is connected to.
    const ready = await Promise.all(aims.map(async (aim) => ({ aim, open: await opener(deps, aim) })));
    const probes = await Promise.all(
      ready.map(({ aim: { view, expected, serverName }, open }) =>
        limit(async (): Promise<Probe> => {
          signal.throwIfAborted();
          const seen = await converse(open, {
            service: expected.service,
            serverName,
            ownName: await ownName(deps, view.from),
            until: expected.withoutTls ? 'offer' : 'mail',
            patience: patienceSeconds,
          });
          return { ...view, seen: now().toISOString(), ...judge(seen, expected, anchors, now()) };
        }),
      ),
    );
    return { ...found, probes, score: average(probes), well: probes.length > 0 && probes.every(isWell) };
  }

  async function aimed(
    request: ProbeRequest,
  ): Promise<Pick<ProbeReport, 'domain' | 'found'> & { readonly aims: readonly Aim[] }> {
    const { domain, host, from = controller } = request;
    if (domain !== undefined) {
      const hosts = mailHosts(domain, await lookUpMx(domain));
      allow(hosts.hosts.length);
      return { domain, found: hosts.found, aims: domainAims(hosts, from) };
    }
    if (host !== undefined) {
      allow(1);
      return { aims: [hostAim(request, from)] };
    }
    return { aims: await listenerAims(request) };
  }

  async function listenerAims({ machines, listener, from }: ProbeRequest): Promise<readonly Aim[]> {
    const { number } = await config.head();
    const roster = Object.keys((await config.configuration(number)).machines).sort();
    const aims: Aim[] = [];
    for (const machine of machines ?? roster) {
      const registration = await member(deps, machine);
      const { probes } = await config.manifest(machine, number);
      const facts = await deps.pki.facts(probes.map(({ chain }) => chain));
      const owner = {
        machine,
        host: registration.host,
        settings: (await config.effective(machine, number)).settings as unknown as Settings,
        chains: new Map([...facts].map(([id, { certificates }]) => [id, certificates])),
      };
      const wanted = probes.filter((target) => listener === undefined || target.listener === listener);
      aims.push(...wanted.map((target) => listenerAim(target, owner, from)));
    }
    if (listener !== undefined && aims.length === 0) {
      throw new NamedError('not-found', `there is no listener ${listener} there; see "signet get MACHINE listeners"`);
    }
    if (aims.length > mostAims) {
      throw new NamedError(
        'invalid-input',
        `${aims.length} listeners are more than ${mostAims} at a time; name some of the machines`,
      );
    }
    return aims;
  }

  return { probe };
}

async function member({ machines }: Pick<ProbeDeps, 'machines'>, name: string): Promise<Registration> {
  const found = await machines.byName(name);
  if (found?.state === 'member') return found;
  throw new NamedError('not-found', `there is no member ${name}; see "signet machine list"`);
}

/** From a gateway go only connections to itself, and to where mail goes (docs/decisions/0002-probes-from-gateways.md). */
async function opener(deps: ProbeDeps, { view }: Aim): Promise<Open> {
  const { from, server, port } = view;
  if (from === controller) return (signal) => reach(server, port, signal);
  const { id, host, facts } = await member(deps, from);
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
async function ownName(deps: ProbeDeps, from: string): Promise<string> {
  const name = from === controller ? hostname() : ((await member(deps, from)).facts?.hostname ?? from);
  return name.includes('.') ? name : 'signet-probe.invalid';
}
