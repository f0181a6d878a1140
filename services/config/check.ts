/** Gathers what a check of a whole configuration needs to know, and lets others run while it goes on. */
import { setImmediate as breathe } from 'node:timers/promises';

import { isNamed, type Finding } from '../errors.ts';
import type { Configuration, Facts } from '../schema/types.generated.ts';
import { referredMaterial, type Material } from './bindings.ts';
import { condense } from './condense.ts';
import type { ConfigDeps } from './contract.ts';
import { layerAt, type LevelLayer } from './levels.ts';
import { validate } from './validate.ts';

/** Machines that are read or checked before the event loop has its turn: some 10 ms of work. */
const stride = 25;

/** Everything that is wrong with a configuration, and what is worth knowing; a fault of a whole fleet is told briefly. */
export async function checkConfiguration(
  { pki, machines, platforms }: Pick<ConfigDeps, 'pki' | 'machines' | 'platforms'>,
  configuration: Configuration,
  defaults: LevelLayer,
  before?: Configuration,
): Promise<readonly Finding[]> {
  const layers = Object.keys(configuration.layers).map((level) => ({ level, layer: layerAt(configuration, level) }));
  const [material, facts] = await Promise.all([
    readMaterial(pki, [defaults, ...layers]),
    readFacts(machines, Object.values(configuration.machines)),
  ]);
  const findings: Finding[] = [];
  let steps = 0;
  const input = { configuration, defaults, material, facts, platforms, ...(before ? { before } : {}) };
  for (const found of validate(input)) {
    findings.push(...found);
    steps += 1;
    if (steps % stride === 0) await breathe();
  }
  return condense(findings);
}

/** What is stored of the chains and bundles that layers refer to. */
export async function readMaterial(pki: ConfigDeps['pki'], layers: readonly LevelLayer[]): Promise<Material> {
  const { chains, bundles } = referredMaterial(layers);
  const stored = await Promise.all([...bundles].map(async (id) => ((await isStored(pki, id)) ? [id] : [])));
  return { chains: await pki.facts(chains), bundles: new Set(stored.flat()) };
}

async function isStored(pki: ConfigDeps['pki'], bundle: string): Promise<boolean> {
  try {
    await pki.bundle(bundle);
    return true;
  } catch (error) {
    if (isNamed(error, 'not-found')) return false;
    throw error;
  }
}

/** A stride at a time, since a store in the same process answers at once. */
async function readFacts(
  machines: ConfigDeps['machines'],
  members: readonly { readonly id: string }[],
): Promise<ReadonlyMap<string, Facts>> {
  const known = new Map<string, Facts>();
  for (let start = 0; start < members.length; start += stride) {
    const some = members.slice(start, start + stride);
    const found = await Promise.all(some.map(async ({ id }) => [id, await machines.facts(id)] as const));
    for (const [id, facts] of found) if (facts) known.set(id, facts);
    await breathe();
  }
  return known;
}
