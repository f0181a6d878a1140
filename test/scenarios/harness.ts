/** The whole product for a test file: a lab of its own, a real controller, and the steps an administrator takes, over REST. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import type { RolloutOptions, RolloutView } from '../../services/push/contract.ts';
import type {
  CertificateAdded,
  CertificateSource,
  Committed,
  HostKey,
  Joined,
  Operation,
} from '../../services/schema/types.generated.ts';
import { startLab, type Gateway } from '../lab/harness.ts';
import { startSignetd, type Signetd, type SignetdOptions } from './signetd.ts';

/** Sweeps run whole only when this is set; the gate runs a fixed sample of them. */
export const full = process.env['SIGNET_TEST'] === 'full';

export interface Scenario {
  readonly gateways: readonly Gateway[];
  readonly signetd: Signetd;
  /** Ends both; for `after`. */
  down(): Promise<void>;
}

/** Starts `count` gateways in the lab `id` (one per test file) and a controller that knows none of them yet. */
export async function startScenario(id: string, count: number, options?: SignetdOptions): Promise<Scenario> {
  const lab = await startLab(id, count);
  try {
    const signetd = await startSignetd(options);
    return {
      gateways: lab.gateways,
      signetd,
      async down() {
        await signetd.remove();
        await lab.down();
      },
    };
  } catch (error) {
    await lab.down();
    throw error;
  }
}

/** Where a controller reaches a gateway. */
export interface Address {
  readonly host: string;
  readonly port?: number;
}

/** Lets a gateway join with the administrator's key, at another address when one is given; waits for its rollout. */
export async function join(
  signetd: Signetd,
  { name, address, key }: Gateway,
  at: Address = { host: address },
): Promise<RolloutView | undefined> {
  const { hostKey } = await signetd.api<HostKey>('POST', '/machines/host-key', at);
  const bootstrap = { user: 'root', privateKey: readFileSync(key, 'utf8') };
  const { rollout } = await signetd.api<Joined>('POST', '/machines', { name, ...at, hostKey, bootstrap });
  return rollout === undefined ? undefined : ended(signetd, rollout);
}

/** Puts changes into the draft. */
export async function amend(signetd: Signetd, ...operations: readonly Operation[]): Promise<void> {
  await signetd.api('POST', '/drafts/me/operations', { operations });
}

/** Makes a certificate, or takes the given one, and binds it in the draft. */
export function bind(
  signetd: Signetd,
  level: string,
  name: string,
  source: CertificateSource = { create: { subject: { commonName: `${name}.example.test` } } },
): Promise<CertificateAdded> {
  return signetd.api('POST', `/certificates/${level}/${name}`, source);
}

/** Commits the draft; does not wait for the rollout. */
export function commit(signetd: Signetd, comment: string, rollout = true): Promise<Committed> {
  return signetd.api('POST', '/drafts/me/commit', { comment, rollout });
}

/** Commits the draft and waits until its rollout has ended, well or badly. */
export async function rollOut(signetd: Signetd, comment: string): Promise<RolloutView> {
  const { rollout, revision } = await commit(signetd, comment);
  if (rollout === undefined) throw new Error(`revision ${revision.number} was committed without a rollout`);
  return ended(signetd, rollout);
}

/** Rolls the head out again, or what `options` say, and waits until that has ended. */
export async function again(signetd: Signetd, options: RolloutOptions = {}): Promise<RolloutView> {
  const { rollout } = await signetd.api<RolloutView>('POST', '/rollouts', options);
  return ended(signetd, rollout.id);
}

/** A rollout once it has ended. */
export async function ended(signetd: Signetd, rollout: number, seconds = 120): Promise<RolloutView> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const view = await signetd.api<RolloutView>('GET', `/rollouts/${rollout}`);
    if (view.rollout.state !== 'running') return view;
    if (Date.now() > deadline) throw new Error(`rollout ${rollout} has not ended: ${JSON.stringify(view.outcomes)}`);
    await sleep(100);
  }
}
