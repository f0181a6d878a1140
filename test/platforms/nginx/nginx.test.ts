import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { joinRendered } from '../../../services/config/manifest.ts';
import { nginx } from '../../../services/platforms/nginx/nginx.ts';
import { canonicalListen } from '../../../services/platforms/nginx/servers.ts';
import type { Facts } from '../../../services/schema/types.generated.ts';
import { facts, input, settings, type Sections } from '../postfix/sample.ts';

const main = { address: 'all', hostname: 'mx1.example.test', https: { certificate: 'mx' } };
const second = { address: '198.18.0.12', hostname: 'web.example.test', https: { certificate: 'client', port: 8443 } };

function machine(listens: readonly string[] = [], more: Partial<Facts> = {}): Facts {
  return facts({}, { nginx: { version: '1.22.1', running: true, listens: [...listens] }, reloads: [], ...more });
}

function manifest(sections: Sections, found = machine()) {
  return joinRendered('mx1', [nginx.render(input(settings(sections), found))]);
}

function text(sections: Sections, found = machine()): string {
  const part = manifest(sections, found).files.find(({ kind }) => kind === 'nginx')?.parts[0];
  return part && 'text' in part ? part.text : '';
}

function checked(sections: Sections, found = machine()) {
  return nginx.check(input(settings(sections), found)).map(({ pointer, detail }) => [pointer, detail]);
}

describe('HTTPS of interfaces', () => {
  it("is one server each in the one file that is Signet's", () => {
    assert.equal(
      text({ interfaces: { main, second } }),
      `# Signet writes this file. What a server answers is said in /etc/nginx/signet.d, in the folder of its interface.

server {
    listen *:443 ssl;
    listen [::]:443 ssl;
    server_name mx1.example.test;
    ssl_certificate /var/lib/signet/current/files/nginx/main.pem;
    ssl_certificate_key /var/lib/signet/current/files/nginx/main.pem;
    ssl_protocols TLSv1.2 TLSv1.3;
    include /etc/nginx/signet.d/main/*.conf;
}

server {
    listen 198.18.0.12:8443 ssl;
    server_name web.example.test;
    ssl_certificate /var/lib/signet/current/files/nginx/second.pem;
    ssl_certificate_key /var/lib/signet/current/files/nginx/second.pem;
    ssl_protocols TLSv1.2 TLSv1.3;
    include /etc/nginx/signet.d/second/*.conf;
}
`,
    );
  });

  it('has protocols and ciphers of its own', () => {
    const protocols = { ...settings().protocols, https: { minimum: 'TLSv1.3' as const, ciphers: 'HIGH:!aNULL' } };

    assert.match(text({ protocols, interfaces: { main } }), /ssl_protocols TLSv1\.3;\n {4}ssl_ciphers HIGH:!aNULL;\n/);
  });

  it('is looked at from outside, and its files are read by root and told to nginx', () => {
    const { files, probes } = manifest({ interfaces: { main } });

    const { key, chain } = settings().certificates['mx'] ?? {};
    assert.deepEqual(
      files.map(({ path, link, reader, access }) => [path, link, reader, access]),
      [
        ['nginx/main.pem', undefined, 'nginx', undefined],
        ['nginx/signet.conf', '/etc/nginx/conf.d/signet.conf', 'nginx', undefined],
      ],
    );
    assert.deepEqual(files[0]?.parts, [{ key }, { chain }]);
    assert.deepEqual(probes, [
      {
        ...{ listener: 'interfaces/main/https', address: 'all', port: 443, tls: 'implicit' },
        ...{ serverName: 'mx1.example.test', chain, from: 'controller' },
      },
    ]);
  });

  it('is looked at from where it is said', () => {
    const from = (probe: 'gateway' | 'none') =>
      manifest({ interfaces: { main: { ...main, https: { ...main.https, probe } } } }).probes.map((one) => one.from);

    assert.deepEqual([from('gateway'), from('none')], [['gateway'], ['none']]);
  });

  it('is nothing where no interface has it', () => {
    assert.deepEqual(manifest({}).files, []);
  });

  it('has its new ports tried before, unless nginx has them', () => {
    const wanted = manifest({ interfaces: { main, second } });
    const binds = (found: Facts, before?: Sections) =>
      nginx
        .edit(found, wanted, before && manifest(before), found)
        .binds.map(({ address, port }) => `${address} ${port}`);

    assert.deepEqual(binds(machine()), ['all 443', '198.18.0.12 8443']);
    assert.deepEqual(binds(machine(['443'])), ['198.18.0.12 8443']);
    assert.deepEqual(binds(machine(), { interfaces: { second } }), ['all 443']);
  });
});

describe('the check of HTTPS', () => {
  it('finds nothing where nginx serves other addresses and ports', () => {
    assert.deepEqual(checked({ interfaces: { main, second } }, machine(['80', '[::]:80', '198.18.0.11:8443'])), []);
    assert.deepEqual(checked({}, facts()), []);
  });

  it('refuses a machine without nginx, and one of which that is not known', () => {
    const [known, unknown] = [facts({}, { reloads: [] }), facts()];

    assert.match(checked({ interfaces: { main } }, known)[0]?.[1] ?? '', /^the machine runs no nginx; install/);
    assert.match(checked({ interfaces: { main } }, unknown)[0]?.[1] ?? '', /^it is not known yet .* roll out once/);
    assert.equal(checked({ interfaces: { main } }, known)[0]?.[0], '/interfaces/main/https');
  });

  for (const listen of ['443', '*:443', '0.0.0.0:443', '[::]:443']) {
    it(`refuses what another server has with listen ${listen}`, () => {
      assert.match(
        checked({ interfaces: { main } }, machine([listen]))[0]?.[1] ?? '',
        /another server of nginx listens/,
      );
    });
  }

  it('refuses an address of another machine, and two interfaces in one place', () => {
    const other = { ...second, address: '192.0.2.1' };
    const same = { ...second, hostname: 'same.example.test' };

    assert.match(checked({ interfaces: { other } })[0]?.[1] ?? '', /192\.0\.2\.1 is not an address of this machine/);
    assert.deepEqual(
      checked({ interfaces: { same, second } }).map(([pointer]) => pointer),
      ['/interfaces/second/https'],
    );
  });

  it('reads listen as nginx does', () => {
    const read = ['80', '10.0.0.1', '[::1]', '[::1]:8080', 'localhost:8000', '0.0.0.0:81'].map(canonicalListen);

    assert.deepEqual(read, ['*:80', '10.0.0.1:80', '[::1]:80', '[::1]:8080', '127.0.0.1:8000', '*:81']);
  });
});
