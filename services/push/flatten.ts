/** Makes what is live on a gateway its own before Signet goes, as a push is made: proven from outside, or undone by the gateway. */
import { NamedError } from '../errors.ts';
import type { Registration } from '../schema/types.generated.ts';
import { apply } from './apply.ts';
import { readState } from './gateway.ts';
import { bringScript, manifestOf, type MachineDeps } from './machine.ts';
import { proven } from './probe.ts';
import { prove } from './prove.ts';

export interface FlattenOptions {
  readonly epoch: number;
  readonly windowSeconds: number;
  readonly probeSeconds: number;
}

/**
 * Has nothing live there read from Signet's folder any more (docs/gateway-protocol.md, flatten); does nothing where that is so.
 * Throws when the gateway has refused, or gone back to what was.
 */
export async function flatten(
  deps: MachineDeps,
  registration: Registration,
  { epoch, windowSeconds, probeSeconds }: FlattenOptions,
): Promise<void> {
  const { id, name, host } = registration;
  const { digest, script } = await readState((await deps.pool.link(id)).connection);
  if (digest === '-') return;
  if (script !== deps.script.version) {
    await bringScript(deps, registration, (await deps.pool.link(id)).connection, epoch);
  }
  const { connection } = await deps.pool.link(id);
  const targets = (await manifestOf(deps, registration, digest))?.probes ?? [];
  const chains = await deps.pki.facts(targets.map(({ chain }) => chain));
  const proof = { host, targets, chains, connection: () => Promise.resolve(connection), now: deps.now };
  const look = async (seconds: number) => proven(await prove(proof, seconds));
  // What is not served before, for whatever reason, cannot be asked for afterwards.
  const asSent = await look(0);
  const header = Buffer.from(`epoch ${epoch}\nwindow ${windowSeconds}\n`);
  const { answer } = await apply(await connection.exec('flatten'), header, async () =>
    !asSent || (await look(probeSeconds)) ? 'confirm' : 'revert',
  );
  switch (answer.kind) {
    case 'unchanged':
    case 'confirmed':
      return;
    case 'refused':
      throw new NamedError('gateway-refused', `the gateway refuses flatten: ${answer.detail}`, {
        facts: { reason: answer.code },
        transient: answer.code === 'busy',
      });
    case 'reverted': {
      const why = answer.reason === 'as asked' ? 'it did not serve the same as before' : answer.reason;
      throw new NamedError('push-failed', `${name} went back to reading Signet's files: ${why}`);
    }
    case 'activated':
    case 'unknown':
      throw new NamedError('push-unknown', `the answer of ${name} to flatten broke off; try again`, {
        transient: true,
      });
  }
}
