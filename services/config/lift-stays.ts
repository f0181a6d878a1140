/** Why settings of machines stay where they are when what they have in common is lifted. Pure. */
import type { Finding } from '../errors.ts';
import { type Json } from '../schema/json.ts';
import { parts } from '../schema/pointer.ts';
import type { Configuration, LiftSettingsChange } from '../schema/types.generated.ts';
import { leaves } from './leaves.ts';
import { layerAt } from './levels.ts';
import { changed, demand, isRemovedAbove, levelOf, lifting, move, type Lifting } from './lift.ts';
import { same } from './merge.ts';

type Said = ReadonlyMap<string, Json | undefined>;

/** One for each setting of any of the machines that is not lifted; worth knowing, and no fault. */
export function whatStays(configuration: Configuration, change: LiftSettingsChange): readonly Finding[] {
  const found = lifting(configuration, change);
  const { machines, lifted } = found;
  const said = new Map(machines.map((machine) => [machine, leaves(layerAt(configuration, levelOf(machine)))]));
  const isLifted = (path: readonly string[]) => lifted.some((one) => same([...one.path], [...path]));
  return [...new Set([...said.values()].flatMap((one) => [...one.keys()]))].sort().flatMap((pointer): Finding[] => {
    const path = parts(pointer);
    if (isLifted(path)) return [];
    const values = new Map(machines.map((machine) => [machine, said.get(machine)?.get(pointer)]));
    return [{ pointer, detail: `stays: ${why(configuration, change.to, path, values, found)}`, severity: 'warning' }];
  });
}

function why(
  configuration: Configuration,
  to: string,
  path: readonly string[],
  said: Said,
  { machines, below, present }: Lifting,
): string {
  const [first] = said.values();
  if ([...said.values()].some((value) => !same(value, first))) return differences(said);
  if (first === undefined || first === null) return 'what is removed at a machine is removed there';
  const level = demand(configuration, machines, path);
  if (level !== undefined) return `${level} wants it set for every machine`;
  if (isRemovedAbove(layerAt(configuration, to), { path, value: first })) return `${to} removes what it belongs to`;
  const others = changed(present, move(present, { path, value: first }, machines, to), path[0] ?? '', below);
  return others.length > 0 ? `it would change ${listed(others)}` : 'it only says that the entry is there';
}

/** What each value is, and which machines say it. */
function differences(said: Said): string {
  const machines = new Map<string, string[]>();
  for (const [machine, value] of said) {
    const text = value === undefined ? 'not set' : value === null ? 'removed' : JSON.stringify(value);
    const short = text.length > longest ? `${text.slice(0, longest)}...` : text;
    machines.set(text, [...(machines.get(text) ?? [short]), machine]);
  }
  return [...machines.values()].map(([text = '', ...names]) => `${text} on ${listed(names)}`).join(', ');
}

const longest = 60;
const named = 5;

function listed(machines: readonly string[]): string {
  const more = machines.length - named;
  return more > 0 ? `${machines.slice(0, named).join(', ')} and ${more} more` : machines.join(', ');
}
