/** An archive is held against what a machine would get without it, or against what one has: looked at, and nothing changed. */
import { defaultsLayer } from '../config/defaults.ts';
import { firstGroup, formatLevel, layerAt, memberOf, type LevelLayer } from '../config/levels.ts';
import { NamedError } from '../errors.ts';
import type { JsonObject } from '../schema/json.ts';
import type { Configuration } from '../schema/types.generated.ts';
import { compare } from './archived.ts';
import type { MembershipService } from './contract.ts';
import type { MembershipDeps } from './deps.ts';
import { firstLayer } from './join.ts';

export function comparing(deps: MembershipDeps): Pick<MembershipService, 'compareArchive'> {
  const { config, machines } = deps;
  return {
    async compareArchive(id, { group, machine }) {
      const archive = await machines.archive(id);
      if (!archive) throw new NamedError('not-found', `there is no archive ${id}; see "signet archive list"`);
      const configuration = await config.configuration((await config.head()).number);
      const layer = archive.layer as JsonObject;
      if (machine !== undefined) {
        const level = formatLevel({ kind: 'machine', name: machine });
        const upper = await upperLevels(deps, configuration, memberOf(configuration, machine).group);
        return compare(deps, level, upper, { layer, without: layerAt(configuration, level) });
      }
      const into = group ?? (Object.hasOwn(configuration.groups, archive.group) ? archive.group : firstGroup);
      if (!Object.hasOwn(configuration.groups, into)) {
        throw new NamedError('not-found', `there is no group ${into}; see "signet group list"`);
      }
      const facts = await machines.facts(id);
      const without = facts ? (firstLayer(facts) as JsonObject) : {};
      const upper = await upperLevels(deps, configuration, into);
      return compare(deps, formatLevel({ kind: 'group', name: into }), upper, {
        layer: { ...without, ...layer },
        without,
      });
    },
  };
}

/** The levels above a machine of a group. */
export async function upperLevels(
  { pki }: Pick<MembershipDeps, 'pki'>,
  configuration: Configuration,
  group: string,
): Promise<readonly LevelLayer[]> {
  const levels = ['cluster', formatLevel({ kind: 'group', name: group })];
  const set = levels.map((level) => ({ level, layer: layerAt(configuration, level) }));
  return [defaultsLayer(await pki.demonstration('')), ...set];
}
