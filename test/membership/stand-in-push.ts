/** Rollouts without a lab, done when they are asked for: with real manifests and real edits of main.cf and master.cf, on stand-in gateways. */
import { NamedError } from '../../services/errors.ts';
import type { MembershipDeps } from '../../services/membership/deps.ts';
import { postfix } from '../../services/platforms/postfix/postfix.ts';
import type { PushService, RolloutOptions } from '../../services/push/contract.ts';
import type { Facts, Manifest, Registration, Rollout } from '../../services/schema/types.generated.ts';
import type { StandIn } from './stand-in-gateways.ts';

export function pushOver(
  { config, machines }: Pick<MembershipDeps, 'config' | 'machines'>,
  gateways: ReadonlyMap<string, StandIn>,
): PushService {
  let rollouts = 0;

  async function reach(machine: string) {
    const registration = await machines.byName(machine);
    if (!registration) throw new NamedError('not-found', `no ${machine}`);
    const { host, hostKey, id } = registration;
    const gateway = gateways.get(host);
    if (!gateway?.up) throw new NamedError('unreachable', `${host} does not answer`);
    if (gateway.hostKey !== hostKey) throw new NamedError('host-key-mismatch', `${host} has another host key`);
    if (gateway.identity !== id) throw new NamedError('identity-conflict', `${host} has another identity`);
    const facts = factsOf(registration, gateway);
    await machines.setFacts(id, facts);
    return { registration, gateway, facts };
  }

  /** As a rollout does it: passes by, refuses drift that nobody has decided on, or brings it what is wanted. */
  async function bring(machine: string, revision: number, decided: readonly string[] | undefined): Promise<void> {
    const { registration, gateway, facts } = await reach(machine);
    if (registration.disconnected && !decided) return;
    const wanted = await config.manifest(machine, revision);
    const drift = gateway.given ? postfix.drift(facts, gateway.given, wanted) : [];
    if (drift.some((change) => !decided?.includes(change))) return;
    const [mainCf, masterCf] = postfix.edit(facts, wanted, gateway.given, facts).files;
    Object.assign(gateway, { mainCf: mainCf?.after, masterCf: masterCf?.after, given: wanted });
  }

  async function start(_by: string, { machines: asked = [], decided }: RolloutOptions): Promise<Rollout> {
    for (const machine of asked) await bring(machine, (await config.head()).number, decided?.[machine]);
    return { id: ++rollouts } as Rollout;
  }

  const service: Partial<PushService> = {
    start,
    forget: () => Promise.resolve(),
    flatten: () => Promise.resolve(),
    isPushing: () => Promise.resolve(false),
    ensure: async (revision, by, decided) =>
      start(by, { machines: (await config.revision(revision)).machines ?? [], ...(decided ? { decided } : {}) }),
    status: (machine) => Promise.resolve({ machine, served: [] }),
    async examine(machine) {
      const { gateway, facts } = await reach(machine);
      const wanted = await config.manifest(machine, (await config.head()).number);
      const { given = wanted } = gateway;
      const drift = (next?: Manifest) => (gateway.given ? postfix.drift(facts, given, next) : []);
      const current = gateway.given?.digest === wanted.digest;
      return { facts, deployed: given, current, edits: drift().map((detail) => ({ detail })), open: drift(wanted) };
    },
  };
  return service as PushService;
}

function factsOf({ facts }: Registration, { mainCf = '', masterCf = '' }: StandIn): Facts {
  if (!facts?.postfix) throw new Error('a stand-in runs Postfix');
  return { ...facts, postfix: { ...facts.postfix, mainCf, masterCf } };
}
