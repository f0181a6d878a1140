import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { allowance } from '../../../services/observe/probe/allowance.ts';
import { domainAims, hostAim, listenerAim, type Owner } from '../../../services/observe/probe/aim.ts';
import { mailHosts, type MxRecord } from '../../../services/observe/probe/mail-hosts.ts';
import { mxLookup } from '../../../services/observe/probe/resolver.ts';
import { isNamed } from '../../../services/errors.ts';
import type { ProbeTarget, Settings } from '../../../services/schema/types.generated.ts';
import { dnsServer } from './dns-server.ts';

describe('the hosts of a domain', () => {
  const cases: readonly (readonly [
    title: string,
    records: readonly MxRecord[],
    found: string,
    hosts: readonly string[],
  ])[] = [
    [
      'are those of its MX records, the lowest preference first',
      [
        { exchange: 'mx2.example.org', priority: 20 },
        { exchange: 'MX1.example.org.', priority: 10 },
        { exchange: 'mx0.example.org', priority: 20 },
      ],
      'mx',
      ['mx1.example.org', 'mx0.example.org', 'mx2.example.org'],
    ],
    ['are itself where it has none (RFC 5321 5.1)', [], 'address', ['example.org']],
    ['are none where it takes no mail (RFC 7505)', [{ exchange: '', priority: 0 }], 'null-mx', []],
    [
      'leave out a root that stands beside others',
      [
        { exchange: '.', priority: 0 },
        { exchange: 'mx.example.org', priority: 5 },
      ],
      'mx',
      ['mx.example.org'],
    ],
    [
      'are ten at most',
      Array.from({ length: 30 }, (_, n) => ({ exchange: `mx${n}.example.org`, priority: n })),
      'mx',
      Array.from({ length: 10 }, (_, n) => `mx${n}.example.org`),
    ],
  ];
  for (const [title, records, found, hosts] of cases) {
    it(title, () => {
      const answer = mailHosts('example.org', records);

      assert.deepEqual([answer.found, answer.hosts.map(({ name }) => name)], [found, hosts]);
    });
  }

  it('are asked of the DNS', async () => {
    const server = await dnsServer({
      'example.org': [{ exchange: 'mx.example.org', priority: 10 }],
      'none.example.org': [],
      'null.example.org': [{ exchange: '', priority: 0 }],
    });
    const lookUp = mxLookup(server.address);
    try {
      assert.deepEqual(await lookUp('example.org'), [{ exchange: 'mx.example.org', priority: 10 }]);
      assert.deepEqual(await lookUp('none.example.org'), []);
      assert.equal(mailHosts('x', await lookUp('null.example.org')).found, 'null-mx');
      await assert.rejects(lookUp('nowhere.example.org'), (error) => isNamed(error, 'not-found'));
    } finally {
      await server.close();
    }
  });

  it('are not found out when no DNS server answers', async () => {
    const server = await dnsServer({});
    await server.close();

    await assert.rejects(mxLookup(server.address)('example.org'), (error) => isNamed(error, 'probe-failed'));
  });
});

describe('an aim', () => {
  const chain = 'c'.repeat(64);
  const target: ProbeTarget = {
    ...{ listener: 'public', address: 'all', port: 25, tls: 'starttls', serverName: 'mx1.example.org', chain },
    from: 'controller',
  };
  const settings = {
    interfaces: { main: { address: 'all', hostname: 'mx1.example.org', mxNames: ['mx.example.org'] } },
    listeners: { public: { interface: 'main', role: 'public' }, inside: { interface: 'main', role: 'private' } },
  } as unknown as Pick<Settings, 'interfaces' | 'listeners'>;
  const owner: Owner = { machine: 'mx1', host: '198.18.0.11', settings, chains: new Map([[chain, ['leaf']]]) };

  it('at a listener names all that its certificate must be for', () => {
    const { view, expected } = listenerAim(target, owner);

    assert.deepEqual(view, {
      ...{ machine: 'mx1', listener: 'public', from: 'controller', server: '198.18.0.11', port: 25, service: 'smtp' },
      names: ['mx1.example.org', 'mx.example.org'],
    });
    assert.deepEqual(expected.committed, ['leaf']);
    assert.deepEqual(listenerAim({ ...target, listener: 'inside' }, owner).view.names, ['mx1.example.org']);
  });

  it('at a listener goes out from where it can be seen', () => {
    const at = (from: ProbeTarget['from'], asked?: string) => {
      const { view } = listenerAim({ ...target, from }, owner, asked);
      return [view.from, view.server];
    };

    assert.deepEqual(at('gateway'), ['mx1', '127.0.0.1']);
    assert.deepEqual(at('none'), ['mx1', '127.0.0.1']);
    assert.deepEqual(at('controller', 'mx1'), ['mx1', '127.0.0.1']);
    assert.deepEqual(at('controller', 'mx2'), ['mx2', '198.18.0.11']);
  });

  it('at what is no listener speaks nothing but TLS', () => {
    const at = (port: number) =>
      listenerAim({ ...target, listener: 'services/dlp', port, tls: 'implicit' }, owner).view.service;

    assert.deepEqual([at(8443), at(636)], ['https', 'ldaps']);
  });

  it('at a listener expects no TLS where it is off', () => {
    const { view, expected } = listenerAim({ ...target, tls: 'off' }, owner);

    assert.deepEqual([view.names, expected.withoutTls], [[], true]);
  });

  it('at a host takes the service from the port, and the port from the service', () => {
    const at = (request: Parameters<typeof hostAim>[0]) => {
      const { view, serverName } = hostAim(request, 'controller');
      return [view.service, view.port, view.names, serverName];
    };

    assert.deepEqual(at({ host: 'a.example' }), ['smtp', 25, ['a.example'], 'a.example']);
    assert.deepEqual(at({ host: 'a.example', port: 636 }), ['ldaps', 636, ['a.example'], 'a.example']);
    assert.deepEqual(at({ host: 'a.example', service: 'https' }), ['https', 443, ['a.example'], 'a.example']);
    assert.deepEqual(at({ host: '2001:db8::1', port: 2525 }), ['smtp', 2525, [], '2001:db8::1']);
    assert.deepEqual(at({ host: '198.18.0.1', name: 'b.example' }), ['smtp', 25, ['b.example'], 'b.example']);
  });

  it('at a domain is one for each host', () => {
    const hosts = { found: 'mx', hosts: [{ name: 'mx.example.org', preference: 5 }] } as const;

    assert.deepEqual(
      domainAims(hosts, 'mx1').map(({ view }) => view),
      [{ from: 'mx1', server: 'mx.example.org', port: 25, service: 'smtp', names: ['mx.example.org'], preference: 5 }],
    );
  });
});

describe('the allowance', () => {
  it('is used up within a minute, and there again after it', () => {
    let now = new Date('2026-01-01T00:00:00Z');
    const allow = allowance(() => now, 3);

    allow(2);
    assert.throws(
      () => allow(2),
      (error) => isNamed(error, 'busy') && error.transient,
    );
    allow(1);
    now = new Date('2026-01-01T00:01:01Z');
    allow(3);
  });
});
