/** A machine that left reads its own copies of Signet's files; when it is back it reads Signet's again, and nothing stands there twice. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { Facts, Manifest } from '../../../services/schema/types.generated.ts';
import { binding, changed, facts, fixture, listener, manifest, policy, settings, type Sections } from './sample.ts';

const table =
  'virtual_alias_maps = hash:/etc/postfix/virtual, proxy:ldap:/var/lib/signet/current/files/ldap/people.cf\n';
const routes = 'transport_maps = hash:/etc/postfix/transport\n';
const stock = { mainCf: fixture('debian-12', 'main.cf'), masterCf: fixture('debian-12', 'master.cf') };

const cases: Readonly<Record<string, Sections>> = {
  'one listener': {},
  'two listeners, one with client checks': {
    listeners: { public: listener(), inner: listener({ port: 587, tls: 'implicit', policy: 'required' }) },
    mailFlowPolicies: { default: policy(), required: policy({ tls: 'required', clientCertificate: 'require' }) },
  },
  'sender groups': {
    mailFlowPolicies: { default: policy(), off: policy({ tls: 'off' }), required: policy({ tls: 'required' }) },
    senderGroups: {
      public: {
        partners: { order: 1, senders: ['192.0.2.0/24'], policy: 'required' },
        old: { order: 2, senders: ['198.51.100.7'], policy: 'off' },
      },
    },
  },
  'a trust list and certificates outbound': {
    trust: { system: { source: 'system' }, own: { source: 'bundle', bundle: 'a'.repeat(64) } },
    outbound: { trust: ['own', 'system'], certificate: 'mx' },
    destinations: {
      default: { tls: 'preferred' },
      'partner.example': { tls: 'required', certificate: 'client' },
    },
    certificates: { mx: binding('1'), client: binding('3') },
  },
};

function texts({ postfix }: Facts): readonly string[] {
  return [postfix?.mainCf ?? '', postfix?.masterCf ?? ''];
}

/** What flatten makes of the live files (deploy/gateway/parts/flatten.sh). */
function left(live: Facts): Facts {
  const [mainCf = '', masterCf = ''] = texts(live).map((text) =>
    text.replaceAll('/var/lib/signet/current/files/', '/etc/tls-kept/3/'),
  );
  return live.postfix ? { ...live, postfix: { ...live.postfix, mainCf, masterCf } } : live;
}

describe('a machine that left and is back', () => {
  for (const [title, sections] of Object.entries(cases)) {
    for (const [owner, mainCf] of Object.entries({ 'stock settings': stock.mainCf, routes: stock.mainCf + routes })) {
      it(`has ${title} as before, with ${owner}`, () => {
        const machine = facts({ mainCf });
        const wanted = manifest(settings(sections), machine);
        const live = changed(machine, wanted);

        const back = changed(left(live), wanted, undefined, machine);
        const backWithoutRecords = changed(left(live), wanted, undefined, left(live));

        assert.deepEqual(texts(back), texts(live));
        assert.deepEqual(texts(backWithoutRecords), texts(live));
      });

      it(`and without ${title} now, with ${owner}, has what a machine gets that never had it`, () => {
        const machine = facts({ mainCf });
        const plain = manifest(settings(), machine);
        const live = changed(machine, manifest(settings(sections), machine));

        assert.deepEqual(texts(changed(left(live), plain, undefined, machine)), texts(changed(machine, plain)));
      });
    }
  }

  it('reads a table of its owner’s choice from Signet again where there is one, and else goes on with its own', () => {
    const machine = facts({ mainCf: stock.mainCf + table });
    const wanted = manifest(settings(), machine);
    const people: Manifest = { ...wanted, files: [...wanted.files, { path: 'ldap/people.cf', parts: [] }] };
    const live = changed(machine, people);

    const [again = ''] = texts(changed(left(live), people, undefined, machine));
    const [alone = ''] = texts(changed(left(live), wanted, undefined, machine));

    assert.ok(again.includes(table));
    assert.ok(alone.includes('proxy:ldap:/etc/tls-kept/3/ldap/people.cf\n'));
  });
});
