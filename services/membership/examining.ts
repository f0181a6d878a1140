/** A machine is looked at before it joins: what it is, what it would get, and what stands in the way. Nothing is changed by it. */
import { sha256 } from '../config/blobs.ts';
import { resolve } from '../config/resolve.ts';
import type { Archive } from '../machines/service.ts';
import { faults } from '../errors.ts';
import { fingerprint } from '../push/ssh.ts';
import { canonicalJson, type JsonObject } from '../schema/json.ts';
import type { Facts, JoinPlan, JoinRequest, Registration } from '../schema/types.generated.ts';
import { adoptedLayer, plannedSettings } from './adopt.ts';
import { archivedCertificates, compare, troubles } from './archived.ts';
import { upperLevels } from './comparing.ts';
import type { MembershipDeps } from './deps.ts';
import type { Found } from './found.ts';
import { doubtful, standing, type Standing } from './identity.ts';
import { demands, firstLayer, groupOf, notes, obstacles, placeOf, returned, type Obstacle } from './join.ts';
import { settingsOf } from './leave.ts';
import type { Proposal } from './plans/service.ts';
import { predecessor, type Predecessor } from './succession.ts';

export interface Examined {
  /** Whether the roster has it already. */
  readonly enrolled: boolean;
  /** Its own, or that of the machine whose place it takes. */
  readonly archive: Archive | undefined;
  readonly stands: Standing;
  readonly former: Predecessor | undefined;
  readonly plan: Proposal;
  /** The digest of what it would get without anything of its own. */
  readonly upper: string;
  /** In words, what is wrong with what it would have back or take over. */
  readonly concerns: readonly string[];
  /** The first of what stands in the way. */
  readonly obstacle: Obstacle | undefined;
}

/** Of a machine that gets its identity when it joins. */
const unknownId = '00000000-0000-4000-8000-000000000000';

export type Examine = (
  request: JoinRequest,
  hostKey: string,
  facts: Facts,
  settings: Found | undefined,
) => Promise<Examined>;

export function examining(deps: MembershipDeps): Examine {
  const { config, machines } = deps;
  return examine;

  async function examine(
    request: JoinRequest,
    hostKey: string,
    facts: Facts,
    settings: Found | undefined,
  ): Promise<Examined> {
    const { number: revision } = await config.head();
    const configuration = await config.configuration(revision);
    const [registrations, archives] = await Promise.all([machines.list(), machines.archives()]);
    const { name, host, port = 22, claim } = request;
    const claimant = { name, host, port, hostKey, identity: facts.identity, claim };
    const answering = await whoAnswers(doubtful(claimant, { registrations }));
    const answers = (id: string) => answering.has(id);
    const stands = standing(claimant, { configuration, registrations, archives, answers });
    const { identity, succeeds } = stands;
    const same = registrations.find(({ id }) => id === identity);
    const former = succeeds === undefined ? undefined : predecessor(succeeds, configuration, archives);
    const place = former ? undefined : placeOf(identity, configuration);
    // What came with a configuration file and was committed is newer than what was archived when it left.
    const archive = former ? former.archive : place ? undefined : archives.find(({ id }) => id === identity);
    const group = groupOf(request.group, configuration, place ?? (former?.archive ? undefined : former), archive);
    const candidate = { name, group, host, facts };
    const found = obstacles(candidate, configuration, stands);
    const levels = await upperLevels(deps, configuration, group);
    const without = firstLayer(facts) as JsonObject;
    const upper = resolve([...levels, { level: 'machine', layer: without }]);
    const layer = { ...without, ...(archive?.layer as JsonObject | undefined) };
    const comparison = archive && (await compare(deps, `group/${group}`, levels, { layer, without }));
    const handed = former && !former.archive ? (former.layer as JsonObject) : undefined;
    const concerns = comparison
      ? troubles(comparison)
      : handed
        ? troubles({ certificates: await archivedCertificates(deps, handed), missing: [] })
        : [];
    const proposed: Proposal = {
      revision,
      ...{ name, host, port, group },
      hostKey: fingerprint(hostKey),
      facts: shown(facts),
      layer:
        former && !former.archive
          ? former.layer
          : ((place && configuration.layers[`machine/${place.name}`]) ?? firstLayer(facts)),
      present: settings ? plannedSettings(settings, upper) : [],
      certificates: (settings?.certificates ?? []).map(({ path, facts: chain }) => ({
        path,
        subject: chain.subject,
        expires: chain.notAfter.toISOString(),
        fingerprint: chain.leaf,
      })),
      ...(settings && !place && !former ? { adopted: adoptedLayer(settings.layer, upper.settings) } : {}),
      ...(archive && comparison
        ? {
            known: {
              name: archive.name,
              left: archive.left,
              settings: settingsOf(archive.layer),
              comparison,
            },
          }
        : {}),
      ...(former && !former.archive ? { replaces: { name: former.name, settings: settingsOf(former.layer) } } : {}),
      findings: found.map(({ finding }) => finding),
      notes: [...notes(candidate), ...concerns, ...returned(same, facts), ...demands(configuration, group)],
    };
    const plan =
      found.length > 0
        ? proposed
        : { ...proposed, faults: await rehearsed(proposed, archive, { identity, facts, settings }) };
    const enrolled = placeOf(identity, configuration) !== undefined;
    const digest = sha256(canonicalJson(upper.settings));
    return { enrolled, archive, stands, former, plan, upper: digest, concerns, obstacle: found[0] };
  }

  /** What a commit would refuse of each layer that the machine may start with. */
  async function rehearsed(
    { name, group, layer, adopted }: Proposal,
    archive: Archive | undefined,
    {
      identity,
      facts,
      settings,
    }: { readonly identity: string; readonly facts: Facts; readonly settings: Found | undefined },
  ): Promise<NonNullable<Proposal['faults']>> {
    const chains = new Map((settings?.certificates ?? []).map(({ binding, facts: chain }) => [binding.chain, chain]));
    const refused = async (one: Proposal['layer']) => {
      const admit = { op: 'admit', machine: name, id: identity || unknownId, group, layer: one } as const;
      return faults(await config.rehearse({ admit, facts, chains }));
    };
    return {
      applied: await refused(layer),
      ...(adopted && { adopted: await refused(adopted) }),
      ...(archive && { restored: await refused(restoredLayer(layer, archive)) }),
    };
  }

  /** Which of these machines show the host key that is on record, at the address that is. */
  async function whoAnswers(asked: readonly Registration[]): Promise<ReadonlySet<string>> {
    const answers = asked.map(async ({ id, host, port, hostKey }) =>
      (await deps.ssh.readHostKey({ host, port }).catch(() => undefined)) === hostKey ? [id] : [],
    );
    return new Set((await Promise.all(answers)).flat());
  }
}

/** What a machine starts with that has its archive, or its predecessor's, back. */
export function restoredLayer(layer: Proposal['layer'], archive: Archive): Proposal['layer'] {
  return { ...layer, ...archive.layer };
}

function shown({ reloads: _reloads, links: _links, postfix, nginx, ...facts }: Facts): JoinPlan['facts'] {
  return {
    ...facts,
    ...(postfix ? { postfix: { version: postfix.version, running: postfix.running } } : {}),
    ...(nginx ? { nginx: { version: nginx.version, running: nginx.running } } : {}),
  };
}
