/** Settings that name others, by what they lead to: so that a machine and the configuration can be held against each other. Pure. */
import { same } from '../config/merge.ts';
import { canonicalAddress, isWildcard } from '../platforms/postfix/endpoints.ts';
import { isObject, type Json, type JsonObject } from '../schema/json.ts';
import { pointer, valueAt } from '../schema/pointer.ts';

/** The value at a path; the name of a certificate, a policy or trust lists stands for what it leads to. */
export function meant(settings: JsonObject, path: readonly string[]): Json | undefined {
  const value = valueAt(settings, path);
  if (pointer(path) === '/outbound/trust') return trustIn(settings, value);
  if (typeof value !== 'string') return value;
  if (path.at(-1) === 'certificate') return valueAt(settings, ['certificates', value]);
  if (path.at(-1) === 'policy') return valueAt(settings, ['mailFlowPolicies', value, 'tls']);
  return value;
}

/** The system's list by its name, another by its bundle; their order means nothing. */
function trustIn(settings: JsonObject, names: Json | undefined): Json | undefined {
  if (names === undefined) return undefined;
  const lists = ([names].flat() as readonly string[]).map((name) => {
    const list = valueAt(settings, ['trust', name]);
    return isObject(list) && typeof list['bundle'] === 'string' ? list['bundle'] : 'system';
  });
  return [...new Set(lists)].sort();
}

export interface Compared {
  readonly head: JsonObject;
  readonly live: { readonly layer: JsonObject };
}

/** What is read of a machine is named by the reader: the paths that the configuration has for it. */
export function placesOf(
  read: readonly string[],
  place: string,
  { head, live }: Compared,
): readonly { readonly path: string; readonly read: readonly string[] }[] {
  const [section, named, field] = read;
  if (section !== 'listeners' || named === undefined || field === undefined) return [{ path: pointer(read), read }];
  // A line of main.cf counts for every service that says nothing of its own.
  const others = place === 'main.cf' ? Object.keys((live.layer['listeners'] ?? {}) as JsonObject) : [];
  return [...new Set([named, ...others])].flatMap((name) => {
    const listener = listenerLike(live.layer, name, head);
    if (listener === undefined) return [];
    const [path, at] = [
      ['listeners', listener, field],
      ['listeners', name, field],
    ];
    return name === named || !same(meant(live.layer, at), meant(head, path)) ? [{ path: pointer(path), read: at }] : [];
  });
}

/** The listener of `to` at the address and port of one in `from`. */
export function listenerLike(from: JsonObject, name: string, to: JsonObject): string | undefined {
  const at = endpointOf(from, name);
  const listeners = Object.keys((to['listeners'] ?? {}) as JsonObject);
  return listeners.find((other) => endpointOf(to, other) === at);
}

function endpointOf(settings: JsonObject, listener: string): string {
  const port = valueAt(settings, ['listeners', listener, 'port']);
  const place = valueAt(settings, ['listeners', listener, 'interface']);
  const address = typeof place === 'string' ? valueAt(settings, ['interfaces', place, 'address']) : undefined;
  const text = typeof address === 'string' ? address : '';
  return `${text === 'all' || isWildcard(text) ? 'all' : canonicalAddress(text)} ${typeof port === 'number' ? port : ''}`;
}
