/** The verbs of a gateway that change or judge it, but push, as functions (docs/gateway-protocol.md). */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { isTransient, NamedError } from '../errors.ts';
import { call, elevated, value, type Elevation } from './call.ts';
import type { Link } from './pool.ts';
import type { Script } from './script.ts';
import type { Connection } from './ssh.ts';

/** Where a gateway says it stands. */
export interface GatewayState {
  /** The current generation, 0 for none, and the digest of its manifest, `-` for none. */
  readonly generation: number;
  readonly digest: string;
  /** The newest generation that there was, also one that was reverted: this number only grows. */
  readonly newest: number;
  /** The highest epoch of a controller that was there; it only grows too. */
  readonly epoch: number;
  /** The generation that waits for its verdict. */
  readonly pending: number | undefined;
  /** Why the last generation that was reverted was, in the gateway's words; empty when the last one was confirmed. */
  readonly reason: string;
  readonly script: string;
}

/** Installs the script and lets the controller's key in; returns the machine's identity. */
export async function install(
  connection: Connection,
  as: Elevation,
  { installer }: Script,
  publicKey: string,
): Promise<string> {
  const [type = '', key = ''] = publicKey.split(' ');
  const { command, preamble } = await elevated(connection, `sh -s install ${type} ${key}`, as);
  return value(await call(connection, command, preamble + installer), 'identity');
}

/** Takes the identity from a copy of another machine, so that `install` gives it one of its own. */
export async function forgetIdentity(connection: Connection, as: Elevation): Promise<void> {
  const { command, preamble } = await elevated(connection, 'sh -s', as);
  await call(connection, command, `${preamble}rm -f /var/lib/signet/identity && echo end\n`);
}

/** Replaces the gateway's script by this controller's. */
export async function upgrade(connection: Connection, { text }: Script, epoch: number): Promise<void> {
  const bytes = Buffer.from(text);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  await call(connection, 'upgrade', `epoch ${epoch}\nscript ${bytes.length} ${sha256}\n${text}`);
}

/** Whose key and script it is that are installed there. */
export async function readIdentity(connection: Connection): Promise<string> {
  return value(await call(connection, 'status'), 'identity');
}

/** What a gateway has of its own once Signet has left. */
export interface Left {
  /** The files that were live, where they are now. */
  readonly kept: readonly string[];
  /** Files and links of others that name Signet's folder all the same. */
  readonly names: readonly string[];
}

/**
 * Removes key, script and boot hook; with `restore` the live files go back to what they were before the join, else what is live is
 * the machine's own from then on. A gateway that has seen a later controller refuses (`stale-epoch`).
 */
export async function uninstall(connection: Connection, restore: boolean, epoch: number): Promise<Left> {
  const { values } = await call(connection, restore ? 'leave restore' : 'leave', `epoch ${epoch}\n`);
  const [reverted] = values.get('reverted') ?? [];
  if (reverted !== undefined) {
    const [, ...why] = reverted.split(' ');
    throw new NamedError('push-failed', `it went back to reading Signet's files: ${why.join(' ')}`);
  }
  return { kept: values.get('kept') ?? [], names: values.get('names') ?? [] };
}

/** The verdict on a pending generation from a channel of its own; it may have ended the other way before. */
export async function decide(connection: Connection, verdict: 'confirm' | 'revert', generation: number): Promise<void> {
  await call(connection, `${verdict} ${generation}`);
}

export async function readState(connection: Connection): Promise<GatewayState> {
  const report = await call(connection, 'status');
  const [generation = '0', digest = '-'] = value(report, 'current').split(' ');
  const pending = report.values.get('pending')?.[0]?.split(' ')[0] ?? report.values.get('reverting')?.[0];
  const [, ended = '0', ...reason] = report.values.get('outcome')?.[0]?.split(' ') ?? [];
  return {
    generation: Number(generation),
    digest,
    newest: Math.max(Number(generation), Number(ended), Number(pending ?? 0)),
    epoch: Number(value(report, 'epoch')),
    pending: pending === undefined ? undefined : Number(pending),
    reason: reason.join(' '),
    script: value(report, 'script'),
  };
}

/** Asks again and again where the gateway stands; undefined when it could not be asked within `seconds`. */
export async function readStateWithin(link: () => Promise<Link>, seconds: number): Promise<GatewayState | undefined> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await readState((await link()).connection);
    } catch (error) {
      if (!isTransient(error)) throw error;
    }
    if (Date.now() > deadline) return undefined;
    await sleep(1_000);
  }
}
