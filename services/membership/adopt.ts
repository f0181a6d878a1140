/** What becomes of each present TLS setting when a machine joins: kept, replaced or lost, by whether it is adopted. */
import type { Present, PresentSetting } from '../platforms/postfix/present/present.ts';
import { same } from '../config/merge.ts';
import type { Effective } from '../config/resolve.ts';
import { canonicalJson, isObject, type JsonObject } from '../schema/json.ts';
import { parts, valueAt, withValueAt } from '../schema/pointer.ts';
import { meant } from './meant.ts';

export type Verdict =
  | { readonly verdict: 'kept'; readonly setting?: string }
  | { readonly verdict: 'replaced'; readonly setting: string; readonly level: string; readonly value: string }
  | { readonly verdict: 'lost'; readonly reason: string };

export interface PlannedSetting {
  readonly place: string;
  readonly name: string;
  readonly value: string;
  /** When the machine's present settings become its layer. */
  readonly adopted: Verdict;
  /** When the settings of cluster and group apply. */
  readonly applied: Verdict;
}

/** `upper` is what the machine would get without adopting anything. */
export function plannedSettings({ layer, settings }: Present, upper: Effective): readonly PlannedSetting[] {
  return settings.map(({ meaning, ...setting }: PresentSetting): PlannedSetting => {
    if (meaning.kind === 'own') return { ...setting, adopted: { verdict: 'kept' }, applied: { verdict: 'kept' } };
    if (meaning.kind === 'lost') {
      const lost = { verdict: 'lost', reason: meaning.why } as const;
      return { ...setting, adopted: lost, applied: lost };
    }
    const at = meaning.pointer.slice(1);
    const kept: Verdict = { verdict: 'kept', ...(at === '' ? {} : { setting: at }) };
    if (at === '') return { ...setting, adopted: kept, applied: kept };
    const path = parts(at);
    const [found, other] = [meant(layer, path), meant(upper.settings, path)];
    if (same(found, other)) return { ...setting, adopted: kept, applied: kept };
    const level = originOf(upper, meaning.pointer);
    return {
      ...setting,
      adopted: kept,
      applied: { verdict: 'replaced', setting: at, level, value: said(path, upper.settings) },
    };
  });
}

function originOf({ origins }: Effective, pointer: string): string {
  const exact = origins.get(pointer);
  if (exact !== undefined) return exact;
  return [...origins].find(([at]) => at.startsWith(`${pointer}/`))?.[1] ?? 'defaults';
}

/** Trust lists by their names, as what they lead to says nothing to people. */
function said(path: readonly string[], settings: JsonObject): string {
  const value = path[0] === 'outbound' && path[1] === 'trust' ? valueAt(settings, path) : meant(settings, path);
  if (value === undefined) return 'nothing';
  if (isObject(value) && typeof value['chain'] === 'string')
    return `another certificate (chain ${value['chain'].slice(0, 12)})`;
  return typeof value === 'string' ? value : canonicalJson(value);
}

/**
 * The layer of a machine that is adopted: what was found, and without what upper levels would add to it. `upper` is what the machine
 * would get without it.
 */
export function adoptedLayer(found: JsonObject, upper: JsonObject): JsonObject {
  return absent(found, upper).reduce<JsonObject>((layer, path) => withValueAt(layer, path, null), found);
}

/** The paths that upper levels set and the machine does not have. */
function absent(found: JsonObject, upper: JsonObject): readonly (readonly string[])[] {
  const entries = (document: JsonObject, section: string) => {
    const table = document[section];
    return isObject(table) ? Object.keys(table) : [];
  };
  const surplus = ['listeners', 'destinations', 'services', 'ldap', 'senderGroups'].flatMap((section) =>
    entries(upper, section)
      .filter((name) => valueAt(found, [section, name]) === undefined)
      .map((name) => [section, name]),
  );
  const fields = [
    ...entries(upper, 'interfaces').map((name) => ['interfaces', name, 'https']),
    ...entries(found, 'mailFlowPolicies').map((name) => ['mailFlowPolicies', name, 'tlsBeforeAuth']),
    ['outbound', 'certificate'],
    ['outbound', 'interface'],
    ['urlFiltering', 'certificate'],
  ].filter((path) => valueAt(upper, path) !== undefined && valueAt(found, path) === undefined);
  return [...surplus, ...fields];
}
