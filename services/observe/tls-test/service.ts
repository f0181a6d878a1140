/** What would become of mail for a domain, from each machine: which destination applies, who takes the mail, and the outcome. */
import type { CertificateService } from '../../certificates/contract.ts';
import type { ConfigService } from '../../config/service.ts';
import { PeerFault } from '../../conversation/peer-fault.ts';
import { isNamed, NamedError } from '../../errors.ts';
import { checkConnected, isConnected } from '../../machines/connected.ts';
import { compareNames } from '../../machines/names.ts';
import { nextHopParameters } from '../../platforms/postfix/check-destinations.ts';
import { policyOf } from '../../platforms/postfix/destinations.ts';
import { trustNames } from '../../platforms/postfix/trust.ts';
import { pointer } from '../../schema/pointer.ts';
import type {
  Facts,
  Settings,
  TestedHost,
  TLSTest,
  TLSTestReport,
  TLSTestRequest,
} from '../../schema/types.generated.ts';
import { domainAims } from '../probe/aim.ts';
import type { Allowance } from '../probe/allowance.ts';
import { looker, member, type LookDeps, type Looked } from '../probe/look.ts';
import { mailHosts, type MailHosts } from '../probe/mail-hosts.ts';
import type { LookUpMx } from '../probe/resolver.ts';
import { dane, type DaneQuestion } from './dane.ts';
import { foretell, together, type Foretold } from './foretell.ts';
import { machineDns, type AskDns } from './machine-dns.ts';
import { behaviour } from './peer.ts';

export interface TlsTestDeps extends LookDeps {
  readonly config: Pick<ConfigService, 'head' | 'configuration' | 'effective' | 'explain'>;
  readonly certificates: Pick<CertificateService, 'roots' | 'trusted'>;
  readonly lookUpMx: LookUpMx;
  readonly allow: Allowance;
}

export interface TlsTestService {
  /** Throws `not-found` for a machine or domain that is not there, `invalid-input` for too many machines, and `busy`. */
  test(request: TLSTestRequest, signal: AbortSignal): Promise<TLSTestReport>;
}

/** Machines in one request. */
const mostMachines = 20;

export function tlsTestService(deps: TlsTestDeps): TlsTestService {
  const { config, certificates, lookUpMx, allow, now } = deps;
  const look = looker(deps);

  async function test({ domain, machines }: TLSTestRequest, signal: AbortSignal): Promise<TLSTestReport> {
    const revision = (await config.head()).number;
    const asked = machines ?? Object.keys((await config.configuration(revision)).machines).sort(compareNames);
    const registrations = await Promise.all(asked.map((machine) => member(deps, machine)));
    if (machines) registrations.forEach(checkConnected);
    const chosen = registrations.filter(isConnected).map(({ name }) => name);
    if (chosen.length > mostMachines) {
      throw new NamedError(
        'invalid-input',
        `there are ${chosen.length} machines, and ${mostMachines} is the most at a time; name some`,
      );
    }
    const hosts = mailHosts(domain, await lookUpMx(domain));
    allow(hosts.hosts.length);
    const tested = await Promise.all(chosen.map((machine) => from(machine, domain, hosts, { revision, signal })));
    const delivered =
      tested.length > 0 && tested.every(({ verdict }) => verdict !== 'deferred' && verdict !== 'unknown');
    return { domain, found: hosts.found, machines: tested, delivered };
  }

  async function from(
    machine: string,
    domain: string,
    mail: MailHosts,
    { revision, signal }: { readonly revision: number; readonly signal: AbortSignal },
  ): Promise<TLSTest> {
    const { facts } = await member(deps, machine);
    const settings = (await config.effective(machine, revision)).settings as unknown as Settings;
    const { name, destination } = rowFor(domain, settings);
    const { level, revision: since } = await config.explain(machine, pointer(['destinations', name]), revision);
    const applied = {
      ...{ name, tls: destination.tls, level, policy: policyOf(destination) },
      ...(destination.match ? { match: destination.match } : {}),
      ...(since === undefined ? {} : { revision: since }),
    };
    const { diverted, notes } = routed(domain, facts);
    if (mail.found === 'null-mx' || diverted) {
      return { machine, destination: applied, hosts: [], notes, ...(diverted ?? nullMx) };
    }
    const lists = trustNames(settings.outbound).flatMap((list) => settings.trust[list] ?? []);
    const demands = {
      destination,
      anchors: await certificates.trusted(lists),
      minimum: settings.protocols.outbound.minimum,
      now: now(),
    };
    const looked = await look(domainAims(mail, machine), await certificates.roots(), signal);
    const ask = destination.tls.startsWith('dane') ? await resolverOf(machine) : undefined;
    const hosts = await Promise.all(
      looked.map(async ({ probe, seen }): Promise<TestedHost> => {
        const names = { domain, host: probe.server };
        const question = daneQuestion(domain, mail, settings, { probe, seen });
        const records = ask && (await dane(ask, question).catch(unasked));
        // Where a record names the authority, that is the trust, and the names are those of RFC 7672 3.2.2.
        const trust = records?.anchors && {
          anchors: records.anchors,
          destination: { ...destination, match: daneNames },
        };
        const behaves = behaviour(seen, { ...demands, ...trust, names });
        return { ...foretell(destination, behaves, records?.condition), probe };
      }),
    );
    return { machine, destination: applied, hosts, notes, ...outcome(hosts) };
  }

  /** The first resolver that Postfix asks, where the controller's key may connect to it: on the machine itself. */
  async function resolverOf(machine: string): Promise<AskDns | undefined> {
    const { id, facts } = await member(deps, machine);
    const [first] = facts?.postfix?.resolvers ?? [];
    if (!first || !['127.0.0.1', '::1', ...(facts?.addresses ?? [])].includes(first.address)) return undefined;
    try {
      return machineDns((await deps.pool.link(id)).connection, first.address);
    } catch (error) {
      if (!isNamed(error)) throw error;
      return undefined;
    }
  }

  return { test };
}

/** The resolver could not be asked: nothing is known, which is not the same as what it cannot find out. */
function unasked(error: unknown): undefined {
  if (!(error instanceof PeerFault)) throw error;
}

const daneNames = ['nexthop', 'hostname'];

function daneQuestion(
  domain: string,
  { found }: MailHosts,
  { destinations }: Settings,
  { probe, seen }: Looked,
): DaneQuestion {
  return {
    domain: found === 'mx' ? domain : undefined,
    host: probe.server,
    chain: seen.chain,
    isDefault: destinations['default']?.tls === 'dane',
  };
}

const nullMx: Foretold = {
  verdict: 'deferred',
  reason: 'the domain takes no mail (null MX, RFC 7505), so it returns at once',
};

/** The row that Postfix finds by the next hop; a domain's is for it alone, not for the domains below it. */
function rowFor(domain: string, { destinations }: Settings) {
  const own = Object.hasOwn(destinations, domain) ? destinations[domain] : undefined;
  if (own) return { name: domain, destination: own };
  return { name: 'default', destination: destinations['default'] ?? ({ tls: 'preferred' } as const) };
}

/** Mail that the machine sends elsewhere than to the domain's own servers, or may. */
function routed(
  domain: string,
  facts: Facts | undefined,
): { readonly diverted?: Foretold; readonly notes: readonly string[] } {
  const parameters = facts?.postfix ? nextHopParameters(facts.postfix) : [];
  const certain = parameters.find(({ nextHop }) => nextHop !== undefined && nextHop !== domain);
  const notes = parameters
    .filter(({ nextHop }) => nextHop === undefined)
    .map(({ name, value }) => `${name} = ${value} on the machine may send it elsewhere`);
  if (!certain) return { notes };
  const reason = `${certain.name} = ${certain.value} on the machine sends all mail there, and not to the servers of ${domain}; look at that one with "signet probe --host"`;
  return { notes, diverted: { verdict: 'unknown', reason } };
}

/** The server that decides, by name. */
function outcome(hosts: readonly TestedHost[]): Foretold {
  const { verdict, later, reason } = together(hosts);
  const server = hosts.find((one) => one.reason === reason && one.verdict === verdict)?.probe.server;
  return {
    verdict,
    ...(later === undefined ? {} : { later }),
    reason: server === undefined ? reason : `${server}: ${reason}`,
  };
}
