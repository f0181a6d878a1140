/** What the fault tests have in common: one member with a certificate, the changes they push to it, and what must come of them. */
import assert from 'node:assert/strict';

import type { RolloutView } from '../../../services/push/contract.ts';
import type { Operation, Outcome } from '../../../services/schema/types.generated.ts';
import type { Gateway } from '../../lab/harness.ts';
import { again, amend, bind, join, rollOut, startScenario, type Scenario } from '../harness.ts';
import { stands } from '../outside.ts';
import type { Signetd, SignetdOptions } from '../signetd.ts';
import { wireTo, type Wire } from './wire.ts';

export interface Wired extends Scenario {
  readonly mx1: Gateway;
  readonly wire: Wire;
}

/** A lab of one gateway behind a wire, a member that serves the certificate `mx` on these ports. */
export async function startWired(id: string, options: SignetdOptions, ports: readonly number[] = [25]): Promise<Wired> {
  const scenario = await startScenario(id, 1, options);
  const { signetd } = scenario;
  try {
    const [mx1] = scenario.gateways;
    assert.ok(mx1);
    const wire = await wireTo(mx1, ports);
    const down = async () => {
      wire.close();
      await scenario.down();
    };
    await join(signetd, mx1, wire.at);
    await firstCertificate(signetd);
    return { ...scenario, mx1, wire, down };
  } catch (error) {
    await scenario.down();
    throw error;
  }
}

/** Puts the certificate `mx` on the listener `public` of every member. */
export async function firstCertificate(signetd: Signetd): Promise<RolloutView> {
  await bind(signetd, 'cluster', 'mx');
  await amend(signetd, set('/listeners/public/certificate', 'mx'));
  const view = await rollOut(signetd, 'first certificate');
  assert.equal(view.rollout.state, 'succeeded', JSON.stringify(view));
  return view;
}

/** Another key and certificate for `mx`: a new generation, and no setting of Postfix. */
export async function renew(signetd: Signetd): Promise<void> {
  await bind(signetd, 'cluster', 'mx');
}

export function set(path: string, value: unknown): Operation {
  return { op: 'set', level: 'cluster', path, value };
}

/** The fault is gone: the head goes out again, and converges. */
export async function converges(signetd: Signetd, gateway: Gateway, ports?: readonly number[]): Promise<void> {
  const { rollout, outcomes } = await again(signetd);
  assert.equal(rollout.state, 'succeeded', JSON.stringify(outcomes));
  await stands(signetd, gateway, { revision: rollout.revision }, ports);
}

/** How the only machine of a rollout must have fared, and in which words. */
export function isOutcome({ outcomes: [outcome] }: RolloutView, state: Outcome['state'], detail = /^$/): void {
  assert.equal(outcome?.state, state, outcome?.detail);
  assert.match(outcome.detail ?? '', detail);
}
