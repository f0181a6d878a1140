/** The level to edit when something is wrong with a setting of a machine. */
import { parts, pointer } from '../schema/pointer.ts';
import type { Member } from './fleet.ts';
import { defaultsLevel } from './levels.ts';

/**
 * The level that the setting at `at` comes from; for what is missing or holds several, the most specific level that says
 * something there; the machine's own level when only the defaults do, since nobody can edit those.
 */
export function blame({ layers, sections }: Member, at: string): string {
  const path = parts(at);
  const origins = sections.get(path[0] ?? '')?.origins ?? new Map<string, string>();
  const levels = layers.map(({ level }) => level);
  const machineLevel = levels.at(-1) ?? defaultsLevel;
  for (let depth = path.length; depth > 0; depth -= 1) {
    const place = pointer(path.slice(0, depth));
    const found = [origins.get(place), ...below(origins, place)].filter((level) => level !== undefined);
    if (found.length === 0) continue;
    const level = levels[Math.max(...found.map((one) => levels.indexOf(one)))];
    return level === undefined || level === defaultsLevel ? machineLevel : level;
  }
  return machineLevel;
}

function below(origins: ReadonlyMap<string, string>, place: string): readonly string[] {
  return [...origins].filter(([at]) => at.startsWith(`${place}/`)).map(([, level]) => level);
}
