/**
 * What becomes of incoming mail, by mail flow policy and by how the client comes: one table. docs/inbound.md shows it, explain-sender
 * foretells by it, and every row of it is played with real mail (test/scenarios/inbound.test.ts).
 */
import type { Listener, MailFlowPolicy } from '../schema/types.generated.ts';

/** How a client hands mail over: in clear, or over TLS with no certificate, one that verifies, or one that does not. */
export const visits = {
  clear: 'in clear',
  none: 'over TLS, no certificate',
  valid: 'over TLS, a valid certificate',
  invalid: 'over TLS, one that is not valid',
} as const satisfies Readonly<Record<string, string>>;

export type Visit = keyof typeof visits;

/** withheld: there is no STARTTLS, and a client that tries it all the same is refused that. */
export type InboundVerdict = 'taken' | 'refused' | 'withheld';

export interface InboundOutcome extends Pick<MailFlowPolicy, 'tls' | 'clientCertificate'> {
  readonly verdicts: Readonly<Record<Visit, InboundVerdict>>;
}

/** A row for every policy that can be committed, on a listener with STARTTLS. */
export const inboundOutcomes: readonly InboundOutcome[] = [
  row('off', 'ignore', 'taken', 'withheld', 'withheld', 'withheld'),
  row('preferred', 'ignore', 'taken', 'taken', 'taken', 'taken'),
  row('preferred', 'ask', 'taken', 'taken', 'taken', 'refused'),
  row('required', 'ignore', 'refused', 'taken', 'taken', 'taken'),
  row('required', 'ask', 'refused', 'taken', 'taken', 'refused'),
  row('required', 'require', 'refused', 'refused', 'taken', 'refused'),
];

/** Where TLS starts at once there is no clear text, whatever the policy; undefined for a policy that no commit lets through. */
export function inboundOutcome(
  policy: Pick<MailFlowPolicy, 'tls' | 'clientCertificate'>,
  start: Listener['tls'],
): InboundOutcome | undefined {
  const found = inboundOutcomes.find(
    ({ tls, clientCertificate }) => tls === policy.tls && clientCertificate === policy.clientCertificate,
  );
  return found && start === 'implicit' ? { ...found, verdicts: { ...found.verdicts, clear: 'refused' } } : found;
}

function row(
  tls: MailFlowPolicy['tls'],
  clientCertificate: MailFlowPolicy['clientCertificate'],
  ...[clear, none, valid, invalid]: readonly [InboundVerdict, InboundVerdict, InboundVerdict, InboundVerdict]
): InboundOutcome {
  return { tls, clientCertificate, verdicts: { clear, none, valid, invalid } };
}
