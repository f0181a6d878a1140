/** Client certificates of single destinations: a delivery service each, and a table behind those of the machine's owner. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { postfix } from '../../../services/platforms/postfix/postfix.ts';
import type { Facts, Manifest, PostfixFacts } from '../../../services/schema/types.generated.ts';
import { changed, facts, fixture, input, manifest, nothing, settings, type Sections } from './sample.ts';

const table = 'texthash:/var/lib/signet/current/files/postfix/transport';
const chain = '/var/lib/signet/current/files/certificates/client.pem';
const stock = { main: fixture('debian-12', 'main.cf'), master: fixture('debian-12', 'master.cf') };
const partner = {
  destinations: {
    default: { tls: 'preferred' as const },
    'partner.example': { tls: 'required' as const, certificate: 'client' },
  },
} satisfies Sections;

function withPartner(machine: Facts): Manifest {
  return manifest(settings(partner), machine);
}

function withFiles(machine: Facts, mainCf: (text: string) => string, masterCf = (text: string) => text): Facts {
  const found = machine.postfix ?? assert.fail('this is no machine with Postfix');
  return { ...machine, postfix: { ...found, mainCf: mainCf(found.mainCf), masterCf: masterCf(found.masterCf) } };
}

describe('a destination with a client certificate of its own', () => {
  it('gets a delivery service that is as the machine’s own but for the certificate', () => {
    const masterCf = stock.master.replace(/^smtp +unix.*$/m, 'smtp unix - - y - 7 smtp\n  -o smtp_helo_timeout=5');
    const machine = facts({ masterCf });

    const live = changed(machine, withPartner(machine));

    assert.ok(
      live.postfix?.masterCf.includes(
        `signet-client unix - - y - 7 smtp\n  -o smtp_helo_timeout=5\n# Signet sets:\n  -o smtp_tls_chain_files=${chain}\n`,
      ),
    );
  });

  it('gets one like that of default_transport, where another one delivers by default', () => {
    const masterCf = `${stock.master}out unix - - n - 9 smtp\n  -o smtp_bind_address=192.0.2.1\n`;
    const machine = facts({ masterCf, parameters: { default_transport: 'out' } });

    const live = changed(machine, withPartner(machine));

    assert.ok(live.postfix?.masterCf.includes('signet-client unix - - n - 9 smtp\n  -o smtp_bind_address=192.0.2.1\n'));
  });

  it('comes behind all that the owner routes, wherever those lines end', () => {
    const line = 'transport_maps = hash:/etc/postfix/transport,\n# by hand\n   regexp:/etc/postfix/odd';
    const machine = facts({ mainCf: `${stock.main}${line}\nrelay_domains =\n` });

    const live = changed(machine, withPartner(machine));

    assert.ok(live.postfix?.mainCf.includes(`${line}, ${table}\nrelay_domains =\n`));
    assert.equal(changed(live, nothing, withPartner(machine), machine).postfix?.mainCf, machine.postfix?.mainCf);
  });

  it('leaves the owner free to change the routes, and to keep them when it goes', () => {
    const machine = facts({ mainCf: `${stock.main}transport_maps = hash:/etc/postfix/transport\n` });
    const deployed = withPartner(machine);
    const live = withFiles(changed(machine, deployed), (text) =>
      text.replace('hash:/etc/postfix/transport', 'hash:/etc/postfix/routes'),
    );

    const again = changed(live, deployed, deployed, machine);
    const gone = changed(again, manifest(settings(), machine), deployed, machine);

    assert.deepEqual(postfix.drift(live, deployed), []);
    assert.match(again.postfix?.mainCf ?? '', new RegExp(`^transport_maps = hash:/etc/postfix/routes, ${table}$`, 'm'));
    assert.match(gone.postfix?.mainCf ?? '', /^transport_maps = hash:\/etc\/postfix\/routes$/m);
  });

  it('keeps a line that the owner adds where there was none', () => {
    const machine = facts();
    const deployed = withPartner(machine);
    const live = withFiles(changed(machine, deployed), (text) => `${text}transport_maps = hash:/etc/postfix/mine\n`);

    const again = changed(live, deployed, deployed, machine);

    assert.deepEqual(postfix.drift(live, deployed), ["main.cf no longer has Signet's table in transport_maps"]);
    assert.match(again.postfix?.mainCf ?? '', new RegExp(`^transport_maps = hash:/etc/postfix/mine, ${table}$`, 'm'));
    assert.deepEqual(postfix.drift(again, deployed), []);
  });

  it('is missed when its service, its certificate or its table is changed by hand', () => {
    const machine = facts();
    const deployed = withPartner(machine);
    const live = changed(machine, deployed);

    const service = withFiles(live, String, (text) => text.replace('signet-client', '#signet-client'));
    const certificate = withFiles(live, String, (text) => text.replace(chain, '/etc/mine.pem'));
    const maps = withFiles(live, (text) => text.replace(table, 'hash:/etc/postfix/mine'));

    assert.deepEqual(postfix.drift(live, deployed), []);
    assert.deepEqual(postfix.drift(service, deployed), ['master.cf has no service signet-client any more']);
    assert.deepEqual(postfix.drift(certificate, deployed), [
      `master.cf has -o smtp_tls_chain_files=/etc/mine.pem for signet-client unix where Signet set ${chain}`,
    ]);
    assert.deepEqual(postfix.drift(maps, deployed), ["main.cf no longer has Signet's table in transport_maps"]);
    for (const each of [service, maps])
      assert.deepEqual(postfix.drift(each, deployed, manifest(settings(), machine)), []);
  });

  it('needs no service where its certificate is that of all others', () => {
    const same = settings({ ...partner, outbound: { trust: ['system'], certificate: 'client' } });

    assert.equal(manifest(same, facts()).postfix?.transports, undefined);
  });

  const refusals: readonly {
    readonly title: string;
    readonly given?: Sections;
    readonly found?: Partial<PostfixFacts>;
    readonly expected: readonly [string, RegExp];
  }[] = [
    {
      title: 'for the default',
      given: { destinations: { default: { tls: 'preferred', certificate: 'client' } } },
      expected: ['/destinations/default/certificate', /is outbound\/certificate; set it there/],
    },
    {
      title: 'for a domain that the machine delivers to itself',
      found: { mainCf: `${stock.main}mydestination = $myhostname, Partner.example\n` },
      expected: ['/destinations/partner.example/certificate', /stays on the machine, as mydestination has it there/],
    },
    {
      title: 'where its service would have the name of another one',
      found: { masterCf: `${stock.master}signet-client unix - - n - - pipe argv=/bin/true\n` },
      expected: ['/destinations/partner.example/certificate', /service signet-client, and master\.cf has one/],
    },
  ];
  for (const { title, given = partner, found = {}, expected } of refusals) {
    it(`is refused ${title}`, () => {
      const [finding, ...more] = postfix.check(input(settings(given), facts(found)));

      assert.equal(finding?.pointer, expected[0]);
      assert.match(finding.detail, expected[1]);
      assert.deepEqual([finding.severity, more], [undefined, []]);
    });
  }

  it('is warned of only for what the owner routes, not for the table that leads to it', () => {
    const machine = facts();
    const live = changed(machine, withPartner(machine));
    const routed = withFiles(live, (text) => `${text}transport_maps = hash:/etc/postfix/mine, ${table}\n`);

    assert.deepEqual(postfix.check(input(settings(partner), live)), []);
    const [warning] = postfix.check(input(settings(partner), routed));
    assert.match(warning?.detail ?? '', /and transport_maps = hash:\/etc\/postfix\/mine on the machine decides that/);
    assert.equal(warning?.severity, 'warning');
  });
});
