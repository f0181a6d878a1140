/** Which bindings of a name hide which others, on which machines: the most specific level counts, whole. Pure. */
import { demonstrationName } from '../config/defaults.ts';
import { sayingAt } from '../config/explain.ts';
import { defaultsLevel, layerAt, levelsOf } from '../config/levels.ts';
import { isObject } from '../schema/json.ts';
import type { CertificateStanding, Configuration } from '../schema/types.generated.ts';
import { useKey } from './view.ts';

export type Shadows = Pick<CertificateStanding, 'shadows' | 'shadowedBy'>;

interface Growing {
  readonly shadows: Map<string, string[]>;
  readonly shadowedBy: Map<string, { readonly machines: string[]; readonly removes: boolean }>;
}

/** What shadows each binding and what it shadows, keyed by `useKey`; bindings that do neither are not in it. */
export function shadows(configuration: Configuration): ReadonlyMap<string, Shadows> {
  const found = new Map<string, Growing>();
  const names = namesByLevel(configuration);
  const at = (level: string, name: string): Growing => {
    const key = useKey(level, name);
    const present = found.get(key) ?? { shadows: new Map(), shadowedBy: new Map() };
    found.set(key, present);
    return present;
  };
  for (const [machine, { group }] of Object.entries(configuration.machines)) {
    const levels = [defaultsLevel, ...levelsOf(machine, group)];
    for (const name of new Set(levels.flatMap((level) => names(level)))) {
      const said = levels.map((level) => ({ level, says: saying(configuration, level, name) }));
      const [winner, ...below] = said.filter(({ says }) => says !== 'nothing').reverse();
      for (const { level } of winner ? below.filter(({ says }) => says === 'binds') : []) {
        if (!winner) continue;
        const removes = winner.says === 'removes';
        const shadowedBy = at(level, name).shadowedBy;
        const entry = shadowedBy.get(winner.level) ?? { machines: [], removes };
        entry.machines.push(machine);
        shadowedBy.set(winner.level, entry);
        if (!removes) push(at(winner.level, name).shadows, level, machine);
      }
    }
  }
  return new Map([...found].map(([key, one]) => [key, listed(one)]));
}

function saying(configuration: Configuration, level: string, name: string): 'binds' | 'removes' | 'nothing' {
  if (level === defaultsLevel) return name === demonstrationName ? 'binds' : 'nothing';
  const value = sayingAt(layerAt(configuration, level), ['certificates', name]);
  if (value === undefined) return 'nothing';
  return value === null ? 'removes' : 'binds';
}

/** The names that a level says something about; a section that it removes whole is looked at name by name. */
function namesByLevel(configuration: Configuration): (level: string) => readonly string[] {
  const known = new Map<string, readonly string[]>([[defaultsLevel, [demonstrationName]]]);
  return (level) => {
    const found = known.get(level) ?? namesAt(configuration, level);
    known.set(level, found);
    return found;
  };
}

function namesAt(configuration: Configuration, level: string): readonly string[] {
  const { certificates } = layerAt(configuration, level);
  return isObject(certificates) ? Object.keys(certificates) : [];
}

function push(lists: Map<string, string[]>, key: string, value: string): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

function listed({ shadows: hides, shadowedBy: hidden }: Growing): Shadows {
  return {
    shadows: [...hides].map(([level, machines]) => ({ level, machines })),
    shadowedBy: [...hidden].map(([level, { machines, removes }]) => ({
      level,
      machines,
      ...(removes ? { removes } : {}),
    })),
  };
}
