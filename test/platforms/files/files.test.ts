import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { joinRendered } from '../../../services/config/manifest.ts';
import { files } from '../../../services/platforms/files/files.ts';
import type { Facts, Service, Settings } from '../../../services/schema/types.generated.ts';
import { facts, input, settings, type Sections } from '../postfix/sample.ts';

function service(changes: Partial<Service> = {}): Service {
  return { certificate: 'client', paths: {}, owner: 'root', group: 'root', mode: '0640', ...changes };
}

function manifest(sections: Sections) {
  return joinRendered('mx1', [files.render(input(settings(sections), facts()))]);
}

function checked(sections: Sections, machine: Partial<Facts> = {}) {
  const given: Settings = settings(sections);
  return files.check(input(given, facts({}, machine))).map(({ pointer, detail }) => [pointer, detail]);
}

const dlp = service({
  paths: { combined: '/etc/dlp/client.pem' },
  owner: 'dlp',
  group: 'dlp',
  mode: '0400',
  reload: 'dlp',
});

describe('the files of a service', () => {
  it('are certificate, chain, key, and key with chain, the key for its owner alone', () => {
    const { files: rendered, probes } = manifest({ services: { dlp } });

    const { key, chain } = settings().certificates['client'] ?? {};
    const secret = { owner: 'dlp', group: 'dlp', mode: '0400' };
    const open = { owner: 'root', group: 'root', mode: '0644' };
    const reader = 'reload/dlp';
    assert.deepEqual(rendered, [
      { path: 'services/dlp/certificate.pem', parts: [{ leaf: chain }], access: open, reader },
      { path: 'services/dlp/chain.pem', parts: [{ chain }], access: open, reader },
      {
        path: 'services/dlp/combined.pem',
        parts: [{ key }, { chain }],
        access: secret,
        link: '/etc/dlp/client.pem',
        reader,
      },
      { path: 'services/dlp/key.pem', parts: [{ key }], access: secret, reader },
    ]);
    assert.deepEqual(probes, []);
  });

  it('are none without a service, and those of URL filtering once it has a certificate', () => {
    const urlFiltering = { ...settings().urlFiltering, certificate: 'client' };

    assert.deepEqual(manifest({}).files, []);
    assert.deepEqual(
      manifest({ urlFiltering }).files.map(({ path, reader }) => [path, reader]),
      ['certificate', 'chain', 'combined', 'key'].map((name) => [`urlFiltering/${name}.pem`, 'nobody']),
    );
  });

  it('are looked at where the service serves them', () => {
    const { probes } = manifest({ services: { web: service({ certificate: 'mx', probe: { port: 8443 } }) } });

    const chain = settings().certificates['mx']?.chain;
    assert.deepEqual(probes, [
      {
        ...{ listener: 'services/web', address: 'all', port: 8443, tls: 'implicit' },
        ...{ serverName: '', chain, from: 'controller' },
      },
    ]);
  });
});

describe('the check of services', () => {
  it('finds nothing in what the machine can have', () => {
    assert.deepEqual(checked({ services: { dlp } }, { reloads: ['dlp'] }), []);
    assert.deepEqual(checked({ services: { dlp } }), [], 'a script that says nothing of commands');
  });

  it('refuses one path for two files', () => {
    const other = service({ paths: { key: '/etc/dlp/client.pem' } });

    assert.deepEqual(checked({ services: { dlp, other } }), [
      [
        '/services/other/paths/key',
        '/etc/dlp/client.pem is the path of /services/dlp/paths/combined already; choose another one',
      ],
    ]);
  });

  it("refuses a path in Signet's own folder, and says where the file is", () => {
    const found = checked({ services: { dlp: service({ paths: { key: '/var/lib/signet/key.pem' } }) } });

    assert.match(String(found[0]), /point the service to \/var\/lib\/signet\/current\/files\/services\/dlp\/key.pem,/);
  });

  it('refuses a command that the machine does not allow', () => {
    const found = checked({ services: { dlp } }, { reloads: ['other'] });

    assert.deepEqual(found[0]?.[0], '/services/dlp/reload');
    assert.match(
      String(found[0]),
      /allows no command "dlp"; its administrator must put it into \/etc\/signet\/reload.d/,
    );
  });

  it('refuses to look at an address of another machine', () => {
    const at = (address: string) => checked({ services: { dlp: service({ probe: { port: 1, address } }) } });

    assert.deepEqual(at('198.18.0.12'), []);
    assert.deepEqual(at('127.0.0.1'), []);
    assert.equal(at('192.0.2.1')[0]?.[0], '/services/dlp/probe');
  });
});

describe('the drift of services', () => {
  const deployed = manifest({ services: { dlp } });
  const live = (state: 'placed' | 'gone' | 'foreign') => facts({}, { links: { '/etc/dlp/client.pem': state } });

  it('is a link that is gone or is no link any more', () => {
    assert.deepEqual(files.drift(live('placed'), deployed), []);
    assert.deepEqual(files.drift(facts(), deployed), [], 'nothing is known of links');
    assert.deepEqual(files.drift(live('gone'), deployed), ['the link /etc/dlp/client.pem is gone']);
    assert.match(files.drift(live('foreign'), deployed)[0] ?? '', /is no link of Signet's any more; move away/);
  });

  it('is none where the link is not wanted any more', () => {
    assert.deepEqual(files.drift(live('gone'), deployed, manifest({})), []);
  });

  it('is put right by the next push where nothing is in the way', () => {
    const missing = (state: 'placed' | 'gone' | 'foreign') =>
      files.edit(live(state), deployed, deployed, facts()).missing;

    assert.deepEqual([missing('placed'), missing('gone'), missing('foreign')], [[], ['/etc/dlp/client.pem'], []]);
  });
});
