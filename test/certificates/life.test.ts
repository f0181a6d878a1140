/** A certificate's life over HTTP: asked for, answered, renewed, rolled back; what gateways would get is read from the head. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';

import type { CertificateBinding, SigningRequestView } from '../../services/schema/types.generated.ts';
import { running, type Answer, type Running } from '../api/running.ts';
import { makeHierarchy, openssl, removeFolder, temporaryFolder, texts, withoutOpenssl } from '../pki/openssl.ts';

const subject = { commonName: 'mail.example.test', organization: 'Test' };
const alternativeNames = { dns: ['mail.example.test', 'mx1.example.test'] };

describe('the life of a certificate', { skip: withoutOpenssl }, () => {
  const folder = temporaryFolder();
  let api: Running;
  before(async () => {
    makeHierarchy(folder, 'ec');
    api = await running();
    await api.join('mx1');
    await api.join('mx22');
  });
  after(async () => {
    await api.close();
    removeFolder(folder);
  });
  beforeEach(() => api.ask('DELETE /drafts/me'));

  async function post(path: string, body: unknown): Promise<Answer> {
    return api.ask(`POST ${path}`, { body });
  }
  async function commit(): Promise<void> {
    const { status, text } = await post('/drafts/me/commit', { comment: 'test', rollout: false });
    assert.equal(status, 201, text);
  }
  async function create(level: string, name: string, more: object = {}): Promise<CertificateBinding> {
    const made = await post(`/certificates/${level}/${name}`, { create: { subject, alternativeNames, ...more } });
    const { certificate } = made.as('certificate-added');
    return { key: certificate.key, chain: certificate.chain };
  }
  async function request(level: string, name: string, body: object = {}): Promise<SigningRequestView> {
    const answer = await post(`/certificates/${level}/${name}/requests`, body);
    assert.equal(answer.status, 201, answer.text);
    return answer.as('signing-request-made').request;
  }
  /** What the authority makes of a request, in base64 for each file. */
  function signed({ pem }: SigningRequestView, ...more: readonly string[]): readonly string[] {
    writeFileSync(join(folder, 'asked.csr'), pem);
    const issuer = ['-CA', 'intermediate.pem', '-CAkey', 'intermediate.key', '-copy_extensions', 'copy'];
    const leaf = openssl(folder, ['x509', '-req', '-in', 'asked.csr', ...issuer, '-days', '20']).toString();
    return [leaf, ...more.map((name) => texts(folder, name))].map((text) => Buffer.from(text).toString('base64'));
  }
  async function boundInHead(level: string, name: string): Promise<CertificateBinding> {
    const { key, chain } = (await api.ask(`GET /certificates/${level}/${name}`)).as('certificate-detail');
    return { key, chain };
  }
  async function requests(): Promise<readonly SigningRequestView[]> {
    return (await api.ask('GET /signing-requests')).as('signing-request-list').requests;
  }

  it('begins with a request for a new key, with no certificate and no commit before it', async () => {
    const asked = await request('cluster', 'first', { key: 'ec-p256', subject, alternativeNames });
    assert.equal(asked.state, 'pending');
    assert.equal((await api.ask('GET /certificates/cluster/first')).problem, 'not-found');

    const answer = await post('/certificates/cluster/first/answers', {
      files: [...signed(asked, 'root.pem', 'intermediate.pem')].reverse(),
    });

    const { certificate, findings, draft } = answer.as('certificate-added');
    assert.equal(certificate.key, asked.key);
    assert.deepEqual(certificate.names, alternativeNames.dns);
    assert.deepEqual(
      findings.map(({ rule, severity }) => [rule, severity]),
      [
        ['order', 'repaired'],
        ['root-included', 'repaired'],
      ],
    );
    assert.equal(draft.operations.length, 1);
    await commit();
    assert.equal((await requests()).find(({ key }) => key === asked.key)?.state, 'answered');
  });

  it('goes on with a request of the bound key, for the names it has, pending until another chain of it is bound', async () => {
    const bound = await create('cluster', 'same');
    await commit();

    const asked = await request('cluster', 'same');

    assert.equal(asked.key, bound.key);
    assert.deepEqual([asked.subject, asked.alternativeNames], [subject, alternativeNames]);
    assert.equal(asked.state, 'pending');
    assert.equal(Buffer.from(asked.der, 'base64').readUInt8(0), 0x30);
    await post('/certificates/cluster/same/answers', { files: signed(asked, 'intermediate.pem') });
    await commit();
    assert.equal((await requests()).find(({ key }) => key === asked.key)?.state, 'answered');
    assert.equal((await boundInHead('cluster', 'same')).key, bound.key);
  });

  it('asks for a certificate that is only in the draft', async () => {
    const bound = await create('cluster', 'drafted');

    assert.equal((await request('cluster', 'drafted')).key, bound.key);
  });

  it('asks for what another administrator has bound meanwhile, from a draft that does not touch it', async () => {
    const old = await create('cluster', 'overtaken');
    await commit();
    await post('/drafts/me/operations', {
      operations: [{ op: 'set', level: 'cluster', path: '/protocols/inbound/minimum', value: 'TLSv1.3' }],
    });
    const { binding } = await api.deps.pki.create({ subject, alternativeNames });
    const operation = { op: 'set', level: 'cluster', path: '/certificates/overtaken', value: binding } as const;
    await api.deps.config.apply('berta', [operation], { comment: 'overtakes', rollout: false });

    const { key } = await request('cluster', 'overtaken');
    const renewed = (await post('/certificates/cluster/overtaken/renewals', {})).as('certificate-added').certificate;

    assert.notEqual(key, old.key);
    assert.deepEqual([key, renewed.key], [binding.key, binding.key]);
  });

  it('is nothing to ask for where the own draft takes it away', async () => {
    await create('cluster', 'removed');
    await commit();
    await post('/drafts/me/operations', {
      operations: [{ op: 'unset', level: 'cluster', path: '/certificates/removed' }],
    });

    assert.equal((await post('/certificates/cluster/removed/renewals', {})).problem, 'not-found');
    assert.equal((await post('/certificates/cluster/removed/requests', {})).problem, 'invalid-input');
  });

  it('asks again for a key that waits, with another subject', async () => {
    const first = await request('group/main', 'again', { subject });
    const second = await request('group/main', 'again', { subject: { commonName: 'other.example.test' } });

    assert.equal(second.key, first.key);
    const mine = (await requests()).filter(({ name }) => name === 'again');
    assert.deepEqual(
      mine.map((one) => [one.subject.commonName, one.alternativeNames]),
      [['other.example.test', {}]],
    );
  });

  it('is not asked for at a level that there is not, nor for nobody, nor with a key that there is not', async () => {
    for (const [path, body, problem] of [
      ['machine/mx9/mx', { subject }, 'not-found'],
      ['group/nobody/mx', { subject }, 'not-found'],
      ['cluster/nothing', {}, 'invalid-input'],
      ['cluster/nothing', { subject, key: 'same' }, 'invalid-input'],
    ] as const) {
      assert.equal((await post(`/certificates/${path}/requests`, body)).problem, problem, path);
    }
  });

  it('keeps nothing of an answer that is only checked', async () => {
    const asked = await request('cluster', 'checked', { subject, alternativeNames });
    const files = signed(asked, 'intermediate.pem', 'intermediate.pem');

    const { certificate, findings, draft } = (
      await post('/certificates/cluster/checked/answers', { files, check: true })
    ).as('certificate-added');

    assert.deepEqual(draft.operations, []);
    assert.deepEqual(
      findings.map(({ rule }) => rule),
      ['duplicate', 'missing-intermediate'],
    );
    assert.equal((await api.deps.pki.facts([certificate.chain])).size, 0);
  });

  it('keeps nothing of an import that is only checked', async () => {
    const pem = texts(folder, 'intermediate.pem', 'leaf.pem', 'leaf.key');

    const { certificate, draft } = (await post('/certificates/cluster/imported', { pem, check: true })).as(
      'certificate-added',
    );

    assert.deepEqual(draft.operations, []);
    assert.equal((await api.deps.pki.facts([certificate.chain])).size, 0);
    await assert.rejects(api.deps.pki.keyPem(certificate.key));
  });

  it('refuses an answer for another name, and says for which; and one for no key, and says what it looked at', async () => {
    const edge = await request('machine/mx1', 'edge', { subject, alternativeNames });
    await request('cluster', 'misfit', { subject, alternativeNames });

    const elsewhere = await post('/certificates/cluster/misfit/answers', { files: signed(edge) });
    const nowhere = await post('/certificates/cluster/misfit/answers', {
      files: [Buffer.from(texts(folder, 'stranger.pem')).toString('base64')],
    });

    assert.equal(elsewhere.problem, 'key-mismatch');
    assert.match(elsewhere.text, /but for that of edge at machine\/mx1; upload it there/);
    assert.equal(nowhere.problem, 'key-mismatch');
    assert.match(
      nowhere.text,
      /fits no key that is held: misfit at cluster has key [0-9a-f]{8}, and of the answer O=Test, CN=stranger has key/,
    );
  });

  it('refuses an answer with the certificates of two requests', async () => {
    const bound = await create('cluster', 'two');
    await commit();
    const [same, other] = [await request('cluster', 'two'), await request('cluster', 'two', { key: 'ec-p256' })];
    assert.notEqual(other.key, bound.key);

    const both = await post('/certificates/cluster/two/answers', { files: [...signed(same), ...signed(other)] });

    assert.equal(both.problem, 'bad-certificate');
  });

  it('is asked for no more once a request is withdrawn, and the key that nothing used is gone', async () => {
    const asked = await request('cluster', 'withdrawn', { subject });

    assert.equal((await api.ask(`DELETE /signing-requests/${asked.key}`)).status, 204);

    assert.equal((await api.ask(`DELETE /signing-requests/${asked.key}`)).problem, 'not-found');
    assert.equal(
      (await post('/certificates/cluster/withdrawn/answers', { files: signed(asked) })).problem,
      'key-mismatch',
    );
  });

  for (const key of ['same', 'ec-p384'] as const) {
    it(`is renewed with ${key === 'same' ? 'the same' : 'a new'} key by one operation, and rolling back brings the old one back`, async () => {
      const old = await create('cluster', 'renewed', { days: 90 });
      await post('/drafts/me/operations', {
        operations: [{ op: 'set', level: 'cluster', path: '/listeners/public/certificate', value: 'renewed' }],
      });
      await commit();
      const { number } = await api.deps.config.head();

      const { certificate, draft } = (await post('/certificates/cluster/renewed/renewals', { key })).as(
        'certificate-added',
      );

      assert.equal(certificate.key === old.key, key === 'same');
      assert.deepEqual(
        [certificate.subject, certificate.names],
        ['O=Test, CN=mail.example.test', alternativeNames.dns],
      );
      const days = (Date.parse(certificate.notAfter) - Date.now()) / 86_400_000;
      assert.equal(Math.round(days), 90);
      assert.equal(draft.operations.length, 1);
      assert.deepEqual(await boundInHead('cluster', 'renewed'), old, 'the old one serves until the commit');
      await commit();
      for (const machine of ['mx1', 'mx22']) {
        const { settings } = await api.deps.config.effective(machine);
        assert.deepEqual((settings['certificates'] as Record<string, unknown>)['renewed'], {
          key: certificate.key,
          chain: certificate.chain,
        });
      }
      await api.deps.config.rollback('anna', number, { comment: 'back', rollout: false });
      assert.deepEqual(await boundInHead('cluster', 'renewed'), old);
      assert.ok(await api.deps.pki.keyPem(old.key));
    });
  }

  it('is renewed for another subject and other names, and for as long as asked', async () => {
    await create('cluster', 'changed');

    const { certificate } = (
      await post('/certificates/cluster/changed/renewals', {
        subject: { commonName: 'new.example.test' },
        alternativeNames: { dns: ['mx9.example.test'] },
        days: 7,
      })
    ).as('certificate-added');

    assert.equal(certificate.subject, 'CN=new.example.test');
    assert.deepEqual(certificate.names, ['new.example.test', 'mx9.example.test']);
    assert.equal(Math.round((Date.parse(certificate.notAfter) - Date.now()) / 86_400_000), 7);
  });

  it('is renewed by the private authority that issued it, under the same profile', async () => {
    await api.deps.authorities.create('anna', { name: 'own', subject: { commonName: 'Own CA' } });
    const issued = await api.deps.authorities.issue({
      ...{ authority: 'own', profile: 'client' },
      request: { subject, alternativeNames, key: 'ec-p256', days: 30 },
    });
    await api.deps.config.amend('anna', [
      { op: 'set', level: 'cluster', path: '/certificates/client', value: issued.binding },
    ]);

    const { certificate } = (await post('/certificates/cluster/client/renewals', {})).as('certificate-added');

    assert.equal(certificate.key, issued.binding.key);
    assert.notEqual(certificate.chain, issued.binding.chain);
    const [leaf = '', issuer = ''] = await api.deps.pki.chain(certificate.chain);
    assert.ok(new X509Certificate(leaf).verify(new X509Certificate(issuer).publicKey));
    assert.deepEqual(new X509Certificate(leaf).keyUsage, ['1.3.6.1.5.5.7.3.2']);
  });

  it('is not renewed where others issued it, nor where nothing is bound', async () => {
    await post('/certificates/cluster/foreign', { pem: texts(folder, 'leaf.key', 'leaf.pem', 'intermediate.pem') });

    const foreign = await post('/certificates/cluster/foreign/renewals', {});
    const nothing = await post('/certificates/cluster/unbound/renewals', {});

    assert.equal(foreign.problem, 'invalid-input');
    assert.match(foreign.text, /make a request \(signet certificate request\), have it signed, and upload the answer/);
    assert.equal(nothing.problem, 'not-found');
  });

  it('says which machines would serve it under a name that it is not for, here and in the difference', async () => {
    await post('/drafts/me/operations', {
      operations: [{ op: 'set', level: 'cluster', path: '/listeners/public/certificate', value: 'named' }],
    });

    const { findings } = (
      await post('/certificates/cluster/named', { create: { subject: { commonName: 'elsewhere.example.test' } } })
    ).as('certificate-added');

    const told = findings.filter(({ rule }) => rule === 'name-mismatch');
    assert.deepEqual(
      told.map(({ machine, pointer }) => [machine, pointer]),
      [
        ['mx1', '/listeners/public/certificate'],
        ['mx22', '/listeners/public/certificate'],
      ],
    );
    const shown = (await api.ask('GET /drafts/me/diff')).as('draft-diff').findings;
    assert.deepEqual(
      shown.filter(({ rule }) => rule === 'name-mismatch').map(({ machine, level }) => [machine, level]),
      [
        ['mx1', 'cluster'],
        ['mx22', 'cluster'],
      ],
    );
    await commit();
  });
});
