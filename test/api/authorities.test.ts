import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { openssl, removeFolder, temporaryFolder, texts, withoutOpenssl } from '../pki/openssl.ts';
import { running, type Running } from './running.ts';

const request = { subject: { commonName: 'mx1.example.test' } };

describe('authorities over HTTP', { skip: withoutOpenssl }, () => {
  let api: Running;
  const folder = temporaryFolder();
  before(async () => {
    api = await running();
    const body = { name: 'mail', subject: { commonName: 'Example Mail CA' } };
    const { status, text } = await api.ask('POST /authorities', { body });
    assert.equal(status, 201, text);
  });
  after(async () => {
    await api.close();
    removeFolder(folder);
  });

  /** The serial number of what was issued last to that key. */
  async function serialOf(key: string): Promise<string> {
    const { certificates } = (await api.ask('GET /authorities/mail/certificates')).as('issued-list');
    return certificates.find((one) => one.key === key)?.serial ?? '';
  }

  it('are listed and shown with the dates of their certificates, and give out their root', async () => {
    const { authorities } = (await api.ask('GET /authorities')).as('authority-list');
    const shown = (await api.ask('GET /authorities/mail')).as('authority-view');
    const bundle = await api.ask('GET /authorities/mail/bundle');

    assert.deepEqual(authorities, [shown]);
    assert.equal(shown.author, 'anna');
    assert.match(bundle.headers.get('content-type') ?? '', /^application\/pem-certificate-chain/);
    assert.equal(new Date(new X509Certificate(bundle.text).validTo).toISOString(), shown.root.notAfter);
  });

  it('issue a certificate that is bound to a name in the draft of the caller', async () => {
    const body = { issue: { authority: 'mail', profile: 'client', request } };

    const { certificate, draft } = (await api.ask('POST /certificates/cluster/client', { body })).as(
      'certificate-added',
    );

    assert.equal(certificate.issuer, 'CN=Example Mail CA Issuing');
    const value = { key: certificate.key, chain: certificate.chain };
    assert.deepEqual(draft.operations, [{ op: 'set', level: 'cluster', path: '/certificates/client', value }]);
    assert.notEqual(await serialOf(certificate.key), '');
  });

  it('refuse to issue from two sources at once, and for a profile that there is not', async () => {
    for (const body of [
      { create: request, issue: { authority: 'mail', profile: 'client', request } },
      { issue: { authority: 'mail', profile: 'mail', request } },
    ]) {
      assert.equal((await api.ask('POST /certificates/cluster/client', { body })).problem, 'invalid-input');
    }
  });

  it('sign a request that was made elsewhere, page by page in what they issued', async () => {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'host.key'];
    openssl(folder, ['req', '-new', ...key, '-out', 'host.csr', '-subj', '/CN=host.example.test']);
    const body = { csr: texts(folder, 'host.csr'), profile: 'both' };

    const answer = await api.ask('POST /authorities/mail/certificates', { body, token: api.tokens.operator });

    const { certificate, pem } = answer.as('signed-certificate');
    assert.equal(pem.match(/BEGIN CERTIFICATE/g)?.length, 2);
    const serials: string[] = [];
    for (let after_: string | undefined = ''; after_ !== undefined;) {
      const from: string = after_ === '' ? '' : `&after=${after_}`;
      const page = (await api.ask(`GET /authorities/mail/certificates?limit=1${from}`)).as('issued-list');
      serials.push(...page.certificates.map(({ serial }) => serial));
      after_ = page.next;
    }
    assert.ok(serials.includes(certificate.serial));
    assert.equal(new Set(serials).size, serials.length);
    assert.ok(serials.length > 1);
  });

  it('publish what they took back to anyone, in DER', async () => {
    const body = { issue: { authority: 'mail', profile: 'server', request } };
    const added = (await api.ask('POST /certificates/cluster/gone', { body })).as('certificate-added');
    const serial = await serialOf(added.certificate.key);

    const path = `/authorities/mail/certificates/${serial}/revocation`;
    const revoked = await api.ask(`POST ${path}`, { body: { reason: 'superseded' }, token: api.tokens.operator });

    assert.equal(revoked.as('issued-certificate').revoked?.reason, 'superseded');
    const list = await fetch(`${api.url}/crl/mail.crl`);
    assert.equal(list.headers.get('content-type'), 'application/pkix-crl');
    assert.equal(list.headers.get('cache-control'), 'public, max-age=300');
    writeFileSync(join(folder, 'mail.crl'), Buffer.from(await list.arrayBuffer()));
    const text = openssl(folder, ['crl', '-inform', 'DER', '-in', 'mail.crl', '-noout', '-text']).toString();
    assert.ok(text.includes(serial.toUpperCase()));
  });

  it('have no list under another name', async () => {
    assert.equal((await api.ask('GET /crl/none.crl', { token: '' })).problem, 'not-found');
    assert.equal((await api.ask('GET /crl/UPPER.crl', { token: '' })).problem, 'invalid-input');
  });

  it('are made and renewed by an administrator, and leave a trace of it', async () => {
    const body = { name: 'other', subject: { commonName: 'Other CA' } };

    assert.equal((await api.ask('POST /authorities', { body, token: api.tokens.operator })).problem, 'forbidden');
    assert.equal(
      (await api.ask('POST /authorities/mail/renewals', { token: api.tokens.operator })).problem,
      'forbidden',
    );
    const renewed = (await api.ask('POST /authorities/mail/renewals', { body: { days: 30 } })).as('authority-view');

    assert.ok(new Date(renewed.issuing.notAfter) < new Date(Date.now() + 31 * 86_400_000));
    const { entries } = (await api.ask('GET /audit')).as('audit-list');
    const last = entries.slice(0, 3).map(({ action, object, outcome }) => ({ action, object, outcome }));
    assert.deepEqual(last[0], { action: 'renew-authority', object: '/authorities/mail/renewals', outcome: 'ok' });
  });
});
