/** One number for a look at a server, as the guide's confidence factor: how much of what must go well did. Pure. */
import type { Probe, ProbeStep } from '../../schema/types.generated.ts';

/** TLS weighs most; a certificate that nobody can verify leaves 90, as in the guide. */
const weights: Readonly<Record<ProbeStep['step'], number>> = {
  connect: 10,
  greeting: 10,
  ehlo: 10,
  starttls: 20,
  handshake: 20,
  certificate: 10,
  name: 10,
  secure: 5,
  from: 5,
};

const parts: Readonly<Record<ProbeStep['result'], number>> = { passed: 1, warning: 0.5, failed: 0, skipped: 0 };

/** Percent of the weight of all steps that the service has. */
export function scoreOf(steps: readonly Pick<ProbeStep, 'step' | 'result'>[]): number {
  const whole = steps.reduce((sum, { step }) => sum + weights[step], 0);
  const got = steps.reduce((sum, { step, result }) => sum + weights[step] * parts[result], 0);
  return whole === 0 ? 0 : Math.round((100 * got) / whole);
}

/** The average; nothing that could be looked at is nothing to trust. */
export function average(probes: readonly Pick<Probe, 'score'>[]): number {
  if (probes.length === 0) return 0;
  return Math.round(probes.reduce((sum, { score }) => sum + score, 0) / probes.length);
}

/** Whether no step failed. */
export function isWell({ steps }: Pick<Probe, 'steps'>): boolean {
  return steps.every(({ result }) => result === 'passed' || result === 'warning');
}
