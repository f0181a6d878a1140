/** What a commit would say of a machine that is not on record yet, with certificates that are not stored yet. Changes nothing. */
import type { Finding } from '../errors.ts';
import type { Configuration } from '../schema/types.generated.ts';
import { referredMaterial } from './bindings.ts';
import { checkConfiguration } from './check.ts';
import type { ConfigDeps, Newcomer } from './contract.ts';
import { formatLevel, layersOf, type LevelLayer } from './levels.ts';
import { applyAll } from './operations.ts';

/** The findings about it, warnings among them. The other machines are left out, as they get nothing by it. */
export async function rehearse(
  { pki, machines, platforms }: Pick<ConfigDeps, 'pki' | 'machines' | 'platforms'>,
  before: Configuration,
  defaults: LevelLayer,
  { admit, facts, chains }: Newcomer,
): Promise<readonly Finding[]> {
  const { machine, id } = admit;
  const { [machine]: _place, ...others } = before.machines;
  const own = formatLevel({ kind: 'machine', name: machine });
  const after = applyAll({ ...before, machines: others, layers: { ...before.layers, [own]: {} } }, [admit]);
  const layers = Object.fromEntries(layersOf(after, machine).map(({ level, layer }) => [level, layer]));
  const { bundles } = referredMaterial([{ level: own, layer: layers[own] ?? {} }]);
  const knowing = {
    pki: {
      ...pki,
      facts: async (ids: Iterable<string>) =>
        new Map([...(await pki.facts([...ids].filter((one) => !chains.has(one)))), ...chains]),
      bundle: (one: string) => (bundles.has(one) ? Promise.resolve('') : pki.bundle(one)),
    },
    machines: { ...machines, facts: (one: string) => (one === id ? Promise.resolve(facts) : machines.facts(one)) },
    platforms,
  };
  const { [machine]: entry } = after.machines;
  const alone = { groups: after.groups, machines: entry ? { [machine]: entry } : {}, layers };
  const found = await checkConfiguration(knowing, alone, defaults, before);
  return found.filter((finding) => finding.machine === machine);
}
