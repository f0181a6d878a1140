/** Takes Signet off a gateway, and says what the gateway has of its own from then on. */
import type { PushService } from '../push/contract.ts';
import { uninstall } from '../push/gateway.ts';
import type { Pool } from '../push/pool.ts';

export interface LettingGoDeps {
  readonly push: Pick<PushService, 'flatten'>;
  readonly pool: Pick<Pool, 'link'>;
  readonly epoch: () => Promise<number>;
}

/** In words, what came of it. Broken off and called again, it goes on. */
export async function letGo(
  { push, pool, epoch }: LettingGoDeps,
  { id, name }: { readonly id: string; readonly name: string },
  restoreOriginal = false,
): Promise<readonly string[]> {
  if (!restoreOriginal) await push.flatten(id, await epoch());
  const { kept, names } = await uninstall((await pool.link(id)).connection, restoreOriginal, await epoch());
  return [
    ...(kept.length > 0
      ? [`what was live on ${name} stays live from files that are its own now: ${kept.join(', ')}; renew them there`]
      : []),
    ...(names.length > 0
      ? [`on ${name} there are others that name /var/lib/signet; lead them to these files: ${names.join(', ')}`]
      : []),
  ];
}
