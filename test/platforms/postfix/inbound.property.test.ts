import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import fc from 'fast-check';

import { inboundOutcome } from '../../../services/platforms/inbound-outcomes.ts';
import { matchingEntry } from '../../../services/platforms/sender-groups.ts';
import { postfix } from '../../../services/platforms/postfix/postfix.ts';
import type { MailFlowPolicy, Settings } from '../../../services/schema/types.generated.ts';
import { canonicalSender } from '../../../services/schema/sender.ts';
import { judge, type Judgement, type Visitor } from './access.ts';
import { facts, input, listener, manifest, policy, settings } from './sample.ts';

const policies: Settings['mailFlowPolicies'] = {
  off: policy({ tls: 'off' }),
  preferred: policy(),
  required: policy({ tls: 'required' }),
  asked: policy({ clientCertificate: 'ask' }),
  'required-asked': policy({ tls: 'required', clientCertificate: 'ask' }),
  certified: policy({ tls: 'required', clientCertificate: 'require' }),
};

const address = fc.constantFrom('10.0.0.1', '10.0.0.129', '10.0.1.1', '2001:db8::1', '2001:db8:1::1');
const name = fc.constantFrom('a.example', 'b.a.example', 'c.example');
const sender = fc
  .oneof(
    { weight: 4, arbitrary: address },
    { weight: 4, arbitrary: fc.constantFrom('10.0.0.0/24', '10.0.0.128/25', '0.0.0.0/0', '2001:db8::/32', '::/0') },
    { weight: 1, arbitrary: name },
    { weight: 1, arbitrary: fc.constantFrom('.a.example', '.example') },
    { weight: 1, arbitrary: fc.constant('unknown') },
  )
  .map(canonicalSender);

describe('rendered sender groups', () => {
  it('give every client the outcome of the policy it matches, wherever they are not refused', () => {
    let rendered = 0;
    fc.assert(
      fc.property(sections(), visitor(), fc.constantFrom('no', 'yes'), (given, visitor, delay) => {
        const found = facts({ mainCf: `smtpd_delay_reject = ${delay}\n` });
        if (postfix.check(input(given, found)).some(({ severity }) => severity !== 'warning')) return;
        rendered += 1;

        const judgement = judge(manifest(given, found), 25, visitor);

        assert.deepEqual(judgement, outcome(policyFor(given, visitor), visitor));
      }),
      { numRuns: 1000 },
    );
    assert.ok(rendered > 200, `only ${rendered} were not refused`);
  });
});

function sections() {
  const group = fc.record({
    order: fc.nat(5),
    senders: fc.uniqueArray(sender, { minLength: 1, maxLength: 3 }),
    policy: fc.constantFrom(...Object.keys(policies)),
  });
  const groups = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), group, { noNullPrototype: true });
  return fc.tuple(groups, fc.constantFrom(...Object.keys(policies))).map(([senders, standard]) =>
    settings({
      mailFlowPolicies: policies,
      listeners: { public: listener({ policy: standard }) },
      senderGroups: { public: senders },
    }),
  );
}

function visitor(): fc.Arbitrary<Visitor> {
  return fc.record({
    address,
    name: fc.oneof(name, fc.constant('unknown')),
    certificate: fc.constantFrom('none', 'valid', 'invalid'),
  });
}

function policyFor({ senderGroups, listeners }: Settings, { address, name }: Visitor): MailFlowPolicy {
  const entry = matchingEntry(senderGroups['public'] ?? {}, { address, name: name === 'unknown' ? undefined : name });
  const found = policies[entry?.policy ?? listeners['public']?.policy ?? ''];
  assert.ok(found);
  return found;
}

function outcome(policy: MailFlowPolicy, { certificate }: Visitor): Judgement {
  const found = inboundOutcome(policy, 'starttls');
  assert.ok(found);
  const { clear, [certificate]: overTls } = found.verdicts;
  const offered = overTls !== 'withheld';
  return { offered, clear: clear === 'taken', overTls: offered ? overTls === 'taken' : undefined };
}
