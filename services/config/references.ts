/** What settings refer to by name, as a table: who names what, and whether it is there. */
import { isObject, own, type Json, type JsonObject } from '../schema/json.ts';

export interface Reference {
  /** The setting that holds the name. */
  readonly from: readonly string[];
  /** What it names: a section and an entry of it. */
  readonly to: readonly [string, string];
  readonly noun: string;
}

/** `*` stands for every entry of a table; what stands there is a name, a list of names, or a table by names. */
const kinds = [
  { from: ['listeners', '*', 'interface'], section: 'interfaces', noun: 'interface' },
  { from: ['listeners', '*', 'certificate'], section: 'certificates', noun: 'certificate' },
  { from: ['listeners', '*', 'policy'], section: 'mailFlowPolicies', noun: 'mail flow policy' },
  { from: ['mailFlowPolicies', '*', 'trust'], section: 'trust', noun: 'trust list' },
  { from: ['senderGroups'], section: 'listeners', noun: 'listener' },
  { from: ['senderGroups', '*', '*', 'policy'], section: 'mailFlowPolicies', noun: 'mail flow policy' },
  { from: ['destinations', '*', 'certificate'], section: 'certificates', noun: 'certificate' },
  { from: ['outbound', 'interface'], section: 'interfaces', noun: 'interface' },
  { from: ['outbound', 'certificate'], section: 'certificates', noun: 'certificate' },
  { from: ['outbound', 'trust'], section: 'trust', noun: 'trust list' },
  { from: ['interfaces', '*', 'https', 'certificate'], section: 'certificates', noun: 'certificate' },
  { from: ['ldap', '*', 'certificate'], section: 'certificates', noun: 'certificate' },
  { from: ['ldap', '*', 'trust'], section: 'trust', noun: 'trust list' },
  { from: ['services', '*', 'certificate'], section: 'certificates', noun: 'certificate' },
  { from: ['urlFiltering', 'certificate'], section: 'certificates', noun: 'certificate' },
] as const;

/** Every reference in the effective settings of a machine whose target is not there. */
export function dangling(settings: JsonObject): readonly Reference[] {
  return references(settings).filter(({ to: [section, name] }) => {
    const entries = settings[section];
    return !isObject(entries) || own(entries, name) === undefined;
  });
}

/** Every reference in the effective settings of a machine. */
export function references(settings: JsonObject): readonly Reference[] {
  return kinds.flatMap(({ from, section, noun }) =>
    found(settings, from).map(({ path, name }) => ({ from: path, to: [section, name] as const, noun })),
  );
}

function found(
  value: Json | undefined,
  [part, ...rest]: readonly string[],
  path: readonly string[] = [],
): readonly { readonly path: readonly string[]; readonly name: string }[] {
  if (part === undefined) {
    if (isObject(value)) return Object.keys(value).map((name) => ({ path: [...path, name], name }));
    const names = Array.isArray(value) ? (value as readonly Json[]) : [value];
    return names.flatMap((name) => (typeof name === 'string' ? [{ path, name }] : []));
  }
  if (!isObject(value)) return [];
  const names = part === '*' ? Object.keys(value) : [part];
  return names.flatMap((name) => found(own(value, name), rest, [...path, name]));
}
