import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { facts, fixture, listener, manifest, policy, settings, type Sections } from './sample.ts';

const strict: Sections = {
  senderGroups: { public: { strict: { order: 1, senders: ['192.0.2.1'], policy: 'required' } } },
};

/** The options of the service on port 25. */
function options(sections: Sections, mainCf = '', version = '3.7.11'): Readonly<Record<string, string>> {
  const found = facts({ version, mainCf: fixture('debian-12', 'main.cf') + mainCf });
  return manifest(settings(sections), found).postfix?.services.find(({ port }) => port === 25)?.options ?? {};
}

describe('a listener that tells its clients apart', () => {
  it('answers a client in clear as smtpd does where TLS is required of all', () => {
    assert.equal(options(strict)['plaintext_reject_code'], '530');
  });

  for (const own of ['plaintext_reject_code = 554\n', 'smtpd_data_restrictions = reject_plaintext_session\n']) {
    it(`leaves the owner’s code where there is ${own.trim()}`, () => {
      assert.equal(options(strict, own)['plaintext_reject_code'], undefined);
    });
  }

  it('takes the first list that the owner leaves empty', () => {
    const lists = ['sender', 'client', 'recipient', 'data'].map((one) => `smtpd_${one}_restrictions`);
    for (const [index, list] of lists.entries()) {
      const used = lists.slice(0, index).map((name) => `${name} = permit\n`);

      assert.deepEqual(
        Object.keys(options(strict, used.join(''))).filter((name) => name.endsWith('_restrictions')),
        [list],
      );
    }
  });

  it('needs no list where its groups ask for nothing else than the listener', () => {
    const alike: Sections = {
      senderGroups: {
        public: { alike: { order: 1, senders: ['192.0.2.1', 'mail.example', 'unknown'], policy: 'default' } },
      },
    };

    assert.deepEqual(options(alike), options({}));
  });

  it('offers TLS with its certificate where only some of its clients have it', () => {
    const { files, probes, postfix } = manifest(
      settings({ ...strict, listeners: { public: listener({ policy: 'off' }) } }),
      facts(),
    );

    assert.equal(postfix?.services[0]?.options['smtpd_tls_security_level'], 'may');
    assert.ok(files.some(({ path }) => path === 'certificates/mx.pem'));
    assert.deepEqual([probes[0]?.tls, probes[0]?.mayBeWithheld], ['starttls', true]);
  });

  for (const [tlsBeforeAuth, expected] of [
    [true, 'yes'],
    [false, 'no'],
    [undefined, undefined],
  ] as const) {
    it(`sets smtpd_tls_auth_only ${expected ?? 'not at all'} where tlsBeforeAuth is ${tlsBeforeAuth ?? 'not set'}`, () => {
      const chosen = policy(tlsBeforeAuth === undefined ? {} : { tlsBeforeAuth });

      assert.equal(options({ mailFlowPolicies: { default: chosen } })['smtpd_tls_auth_only'], expected);
    });
  }

  it('checks certificates against the system’s list where it stands, and against others in a file that listeners share', () => {
    const asked = (trust: readonly string[]): Sections => ({
      trust: { system: { source: 'system' }, own: { source: 'bundle', bundle: '7'.repeat(64) } },
      mailFlowPolicies: { default: policy({ clientCertificate: 'ask', trust }) },
      listeners: { public: listener(), again: listener({ port: 587 }) },
    });

    assert.equal(options(asked(['system']))['smtpd_tls_CAfile'], '/etc/ssl/certs/ca-certificates.crt');
    const { files, postfix } = manifest(settings(asked(['own', 'system'])), facts());
    const [one, other] = (postfix?.services ?? []).map((service) => service.options['smtpd_tls_CAfile']);
    assert.equal(one, other);
    assert.deepEqual(
      files.filter(({ path }) => one?.endsWith(path)).map(({ parts }) => parts),
      [[{ bundle: '7'.repeat(64) }, { system: '/etc/ssl/certs/ca-certificates.crt' }]],
    );
  });
});
