/** How a pin looks to people. */
import type { Json } from '../schema/json.ts';
import { parts } from '../schema/pointer.ts';
import type { Pin, PinView } from '../schema/types.generated.ts';
import { shown } from './shown.ts';

/** A pin in a few words: `fixed`, `floor "TLSv1.2"`. */
export function ruleInWords({ rule, lowest }: Pick<PinView, 'rule' | 'lowest'>): string {
  if (rule === 'perMachine') return 'set per machine';
  if (rule === 'fixed') return 'fixed';
  return lowest === undefined ? 'floor: what holds there' : `floor ${shown(lowest as Json)}`;
}

/** The same with its level, and with its setting when that is not the one at `at`. */
export function pinInWords(pin: PinView, at: string): string {
  const about = pin.pointer === at ? '' : ` on ${pin.pointer}`;
  return `${ruleInWords(pin)} at ${pin.level}${about}`;
}

/** The setting that a place among the settings of a level pins; undefined for settings themselves. */
export function pinnedAt(pointer: string): string | undefined {
  const [section, setting] = parts(pointer);
  return section === 'pins' ? setting : undefined;
}

/** What stands at such a place. */
export function pinShown(value: unknown): string {
  return value === undefined ? shown(undefined) : ruleInWords(value as Pin);
}
