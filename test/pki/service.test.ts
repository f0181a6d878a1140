import assert from 'node:assert/strict';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { after, before, describe, it } from 'node:test';

import { isNamed, NamedError } from '../../services/errors.ts';
import { isDemonstration } from '../../services/pki/demonstration.ts';
import { pkiService } from '../../services/pki/service.ts';
import { keys } from '../../services/store/keys.ts';
import type { Store } from '../../services/store/store.ts';
import { installation, type Installation } from './installation.ts';

describe('the pki service', () => {
  let at: Installation;
  before(async () => {
    at = await installation();
  });
  after(() => at.close());

  it('creates an EC P-256 certificate for 397 days when nothing else is asked for', async () => {
    const { binding, facts } = await at.pki.create({ subject: { commonName: 'mx1.example.test' } });

    const [pem] = await at.pki.chain(binding.chain);
    const { publicKey } = new X509Certificate(pem ?? '');
    assert.equal(publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1');
    assert.ok(createPublicKey(await at.pki.keyPem(binding.key)).equals(publicKey));
    assert.equal(facts.key, binding.key);
    assert.deepEqual(facts.certificates, [facts.leaf]);
    assert.deepEqual(facts.names, ['mx1.example.test']);
    assert.equal(facts.selfSigned, true);
    assert.equal(Math.round((facts.notAfter.getTime() - Date.now()) / 86_400_000), 397);
  });

  it('tells the facts of the chains it has, and leaves out the others', async () => {
    const { binding, facts } = await at.pki.create({ subject: { commonName: 'mx2.example.test' } });

    const found = await at.pki.facts([binding.chain, binding.chain, '0'.repeat(64)]);

    assert.deepEqual([...found], [[binding.chain, facts]]);
  });

  it('reads a chain once however often its facts are asked for, and again where it was not there yet', async (test) => {
    const elsewhere = await installation();
    test.after(() => elsewhere.close());
    const { binding } = await elsewhere.pki.create({ subject: { commonName: 'mx5.example.test' } });
    const text = (await elsewhere.pki.keyPem(binding.key)) + (await elsewhere.pki.chain(binding.chain)).join('');
    assert.equal((await at.pki.facts([binding.chain])).size, 0);
    await at.pki.importPem(text);
    const reads = test.mock.method(at.store, 'get');

    const found = await Promise.all(Array.from({ length: 5 }, () => at.pki.facts([binding.chain])));

    const [first, ...others] = found.map((facts) => facts.get(binding.chain));
    assert.ok(first);
    for (const other of others) assert.equal(other, first);
    assert.equal(reads.mock.callCount(), 1);
  });

  it('says not-found of chains, keys and trust lists it does not have', async () => {
    const id = '0'.repeat(64);

    for (const call of [at.pki.chain(id), at.pki.keyPem(id), at.pki.bundle(id)]) {
      await assert.rejects(call, (error) => isNamed(error, 'not-found'));
    }
  });

  it('stores the same key and chain once', async () => {
    const { binding } = await at.pki.create({ subject: { commonName: 'mx3.example.test' } });
    const before_ = await at.store.get(keys.chain(binding.chain));
    const text = (await at.pki.keyPem(binding.key)) + (await at.pki.chain(binding.chain)).join('');

    const again = await at.pki.importPem(text);

    assert.deepEqual(again.binding, binding);
    assert.deepEqual(await at.store.get(keys.chain(binding.chain)), before_);
  });

  it('keeps no private key in clear', async () => {
    const { binding } = await at.pki.create({ key: 'rsa-2048', subject: { commonName: 'mx4.example.test' } });
    const secret = (await at.pki.keyPem(binding.key)).split('\n').slice(1, -2);

    const { entries } = await at.store.range('');

    const everything = entries.map(({ value }) => value).join('\n');
    assert.ok(secret.length > 10 && secret.every((line) => !everything.includes(line)));
  });
});

describe('the demonstration certificate', () => {
  it('is made once, even when two controllers start at the same time, and leaves no second key behind', async () => {
    const at = await installation();
    const other = pkiService({ ...at, now: () => new Date() });

    const all = await Promise.all([
      at.pki.demonstration('gateway.example.test'),
      other.demonstration('gateway.example.test'),
      at.pki.demonstration('another.example.test'),
    ]);
    const later = await other.demonstration('later.example.test');

    assert.equal(new Set([...all, later].map((binding) => JSON.stringify(binding))).size, 1);
    assert.equal((await at.store.range(keys.chains)).entries.length, 1);
    assert.equal((await at.store.range('secret/sealed/')).entries.length, 1);
    await at.close();
  });

  it('says what it is, and other certificates do not', async () => {
    const at = await installation();

    const binding = await at.pki.demonstration('gateway.example.test');
    const { facts: own } = await at.pki.create({ subject: { commonName: 'x', organization: 'Ours' } });

    const facts = (await at.pki.facts([binding.chain])).get(binding.chain);
    assert.equal(facts?.subject, 'O=Signet demonstration certificate, CN=gateway.example.test');
    assert.equal(isDemonstration(facts), true);
    assert.equal(isDemonstration(own), false);
    await at.close();
  });

  it('has a common name that fits when the host name does not', async () => {
    const at = await installation();

    const { chain } = await at.pki.demonstration(`${'a'.repeat(60)}.example.test`);

    assert.match((await at.pki.facts([chain])).get(chain)?.subject ?? '', /CN=signet$/);
    await at.close();
  });

  it('is found by the next call when the first one did not learn whether it was stored', async () => {
    const at = await installation();
    const store: Store = { ...at.store, transact: losingAnswers(at.store) };
    const unlucky = pkiService({ store, secrets: at.secrets, now: () => new Date() });

    await assert.rejects(unlucky.demonstration('gateway.example.test'), (error) => isNamed(error, 'outcome-unknown'));
    const binding = await at.pki.demonstration('gateway.example.test');

    assert.equal((await at.store.range('secret/sealed/')).entries.length, 1);
    assert.ok(await at.pki.keyPem(binding.key));
    await at.close();
  });
});

/** Commits, and then says that it does not know: what a cut connection to etcd looks like. */
function losingAnswers(store: Store): Store['transact'] {
  return async (transaction) => {
    await store.transact(transaction);
    throw new NamedError('outcome-unknown', 'the connection was lost');
  };
}
