/** Who is told: the recipients that the alert settings of the cluster name. Pure. */
import { createHash } from 'node:crypto';

import { defaultsLayer } from '../config/defaults.ts';
import { layerAt } from '../config/levels.ts';
import { resolveSection } from '../config/resolve.ts';
import type { Alerts, Configuration } from '../schema/types.generated.ts';

/** One who is told. `name` is how it is recorded and shown; it holds no more of a webhook's URL than where it leads. */
export type Recipient =
  | { readonly kind: 'mail'; readonly name: string; readonly address: string }
  | { readonly kind: 'webhook'; readonly name: string; readonly url: string };

/** The settings in force: those of the cluster level alone. */
export function alertSettings(configuration: Configuration): Alerts {
  const layers = [defaultsLayer(), { level: 'cluster', layer: layerAt(configuration, 'cluster') }];
  // A layer in a configuration has passed its schema, and the fold of the two has everything that is required.
  return resolveSection('alerts', layers).value as unknown as Alerts;
}

export function recipientsOf({ mail, webhooks }: Alerts): readonly Recipient[] {
  return [
    ...(mail?.to ?? []).map((address) => ({ kind: 'mail' as const, name: address, address })),
    ...webhooks.map((url) => ({ kind: 'webhook' as const, name: webhookName(url), url })),
  ];
}

/** The origin, and enough of a digest to tell two webhooks of one host apart. */
function webhookName(url: string): string {
  const digest = createHash('sha256').update(url).digest('hex').slice(0, 8);
  return `${URL.canParse(url) ? new URL(url).origin : 'webhook'} (${digest})`;
}
