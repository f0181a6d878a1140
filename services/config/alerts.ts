/** What a commit checks of the alert settings: that they stand where they count, and lead past the gateways they are about. */
import type { Finding } from '../errors.ts';
import { isObject } from '../schema/json.ts';
import { valueAt } from '../schema/pointer.ts';
import type { Configuration, Facts } from '../schema/types.generated.ts';
import { layerAt } from './levels.ts';

export function alertFindings(configuration: Configuration, facts: ReadonlyMap<string, Facts>): readonly Finding[] {
  return [...misplaced(configuration), ...throughMembers(configuration, facts)];
}

/** Alerts concern the fleet as a whole: at any other level they would silently count for nothing. */
function misplaced({ layers }: Configuration): readonly Finding[] {
  return Object.entries(layers).flatMap(([level, layer]) =>
    level === 'cluster' || layer['alerts'] === undefined
      ? []
      : [
          {
            level,
            pointer: '/alerts',
            detail: `/alerts is only set at the cluster level; unset it at ${level}, and set it at cluster`,
          },
        ],
  );
}

/** A mail server that is a gateway of this cluster carries no alert when that gateway is in trouble. */
function throughMembers(configuration: Configuration, facts: ReadonlyMap<string, Facts>): readonly Finding[] {
  const mail = valueAt(layerAt(configuration, 'cluster'), ['alerts', 'mail']);
  if (!isObject(mail)) return [];
  const hosts = new Map(
    Object.entries(configuration.machines).flatMap(([name, { id }]) => {
      const known = facts.get(id);
      return [name, ...(known ? [known.hostname, ...known.addresses] : [])].map((host) => [host.toLowerCase(), name]);
    }),
  );
  return (mail['servers'] as readonly string[]).flatMap((server, index) => {
    const machine = hosts.get(
      server
        .replace(/:\d+$/, '')
        .replace(/^\[|\]$/g, '')
        .toLowerCase(),
    );
    if (machine === undefined) return [];
    const pointer = `/alerts/mail/servers/${index}`;
    const detail = `${pointer}: ${server} is ${machine}, so that alerts about ${machine} may not arrive; name a server that Signet does not manage`;
    return [{ level: 'cluster', pointer, detail, severity: 'warning' as const }];
  });
}
