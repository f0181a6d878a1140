/** Looks at servers, ours and those of others, from the controller or from a gateway, and says how they stand. */
import type { CertificateService } from '../../certificates/contract.ts';
import type { ConfigService } from '../../config/service.ts';
import { NamedError } from '../../errors.ts';
import { compareNames } from '../../machines/names.ts';
import type { PkiService } from '../../pki/service.ts';
import type { ProbeReport, ProbeRequest, Settings } from '../../schema/types.generated.ts';
import type { Allowance } from './allowance.ts';
import { controller, domainAims, hostAim, listenerAim, type Aim } from './aim.ts';
import { looker, member, type LookDeps } from './look.ts';
import { mailHosts } from './mail-hosts.ts';
import type { LookUpMx } from './resolver.ts';
import { average, isWell } from './score.ts';

export interface ProbeDeps extends LookDeps {
  readonly config: Pick<ConfigService, 'head' | 'configuration' | 'effective' | 'manifest'>;
  readonly certificates: Pick<CertificateService, 'roots'>;
  readonly pki: Pick<PkiService, 'facts'>;
  readonly lookUpMx: LookUpMx;
  readonly allow: Allowance;
}

export interface ProbeService {
  /**
   * One connection for each listener, host, or mail host of a domain. Throws `not-found` for machines, listeners and domains
   * that are not there, `invalid-input` for more than can be looked at, and `busy` for too many in a minute.
   */
  probe(request: ProbeRequest, signal: AbortSignal): Promise<ProbeReport>;
}

/** Connections in one request. */
const mostAims = 100;

export function probeService(deps: ProbeDeps): ProbeService {
  const { config, lookUpMx, allow } = deps;
  const look = looker(deps);

  async function probe(request: ProbeRequest, signal: AbortSignal): Promise<ProbeReport> {
    if (request.from !== undefined) await member(deps, request.from);
    const { aims, ...found } = await aimed(request);
    const looked = await look(aims, await deps.certificates.roots(), signal);
    const probes = looked.map((one) => one.probe);
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
    const roster = Object.keys((await config.configuration(number)).machines).sort(compareNames);
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
