/** What a configuration becomes when parts of another are put onto it: they add and change, and take nothing away. Pure. */
import { layerShape, type Shape } from '../../config/units.ts';
import { isObject, own, type Json, type JsonObject } from '../../schema/json.ts';
import type { Configuration, ConfigurationParts } from '../../schema/types.generated.ts';

/** `from` has the parts under the names that machines have in `present`; machines stay in the groups they are in. */
export function partsOnto(present: Configuration, from: Configuration, { along }: ConfigurationParts): Configuration {
  const layers: Record<string, JsonObject> = { ...(present.layers as Record<string, JsonObject>) };
  for (const [level, layer] of Object.entries(from.layers as Record<string, JsonObject>)) {
    const said = Object.fromEntries(
      Object.entries(layer).map(([section, value]) => [section, spoken(level, section, value)]),
    );
    const made = onto(layerShape, layers[level] ?? {}, said) as JsonObject;
    if (Object.keys(made).length > 0) layers[level] = made;
  }
  return { groups: { ...from.groups, ...present.groups }, machines: present.machines, layers };

  /** What only came along is left out where its name is taken, here or above. */
  function spoken(level: string, section: string, value: Json): Json {
    if (!isObject(value)) return value;
    const onlyAlong = new Set(
      along.filter((one) => one.level === level && one.section === section).map(({ name }) => name),
    );
    const isTaken = (name: string) =>
      [level, 'cluster'].some((one) => {
        const entries = (own(present.layers, one) as JsonObject | undefined)?.[section];
        return isObject(entries) && Object.hasOwn(entries, name);
      });
    return Object.fromEntries(Object.entries(value).filter(([name]) => !onlyAlong.has(name) || !isTaken(name)));
  }
}

/** Field by field and entry by entry, as levels merge, too; what only makes sense whole is replaced whole. */
function onto(shape: Shape | undefined, before: Json | undefined, value: Json): Json {
  if (!isObject(before) || !isObject(value) || (shape?.kind !== 'record' && shape?.kind !== 'table')) return value;
  const inner = (name: string) => (shape.kind === 'table' ? shape.entry : shape.fields.get(name));
  const made = Object.entries(value).map(([name, one]) => [name, onto(inner(name), own(before, name), one)] as const);
  return { ...before, ...Object.fromEntries(made) };
}
