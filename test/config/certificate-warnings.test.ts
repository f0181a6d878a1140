import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { certificateWarnings } from '../../services/config/certificate-warnings.ts';
import type { ChainFacts } from '../../services/pki/chain-facts.ts';
import { demonstrationOrganization } from '../../services/pki/demonstration.ts';
import { isFor } from '../../services/pki/lint/names.ts';
import type { Settings } from '../../services/schema/types.generated.ts';
import { binding, chainFacts, digest } from './surroundings.ts';

const listener = { interface: 'main', certificate: 'mx' };
const settings = {
  certificates: { mx: binding('1') },
  interfaces: { main: { address: 'all', hostname: 'mx.example' } },
  listeners: { public: listener },
  outbound: {},
  destinations: {},
  urlFiltering: {},
  ldap: {},
} as unknown as Settings;

function warned(changed: Partial<ChainFacts>, given: Settings = settings) {
  const chains = new Map([[digest('1'), { ...chainFacts(digest('1')), ...changed }]]);
  return certificateWarnings(given, chains).map(({ rule, pointer, severity }) => [rule, pointer, severity]);
}

describe('warnings of certificates where they serve', () => {
  it('are none when the name and the purpose fit', () => {
    assert.deepEqual(warned({}), []);
  });

  it('name the listener of a certificate for other names, or for clients', () => {
    const at = '/listeners/public/certificate';

    assert.deepEqual(warned({ names: ['other.example'] }), [['name-mismatch', at, 'warning']]);
    assert.deepEqual(warned({ names: [] }), [['name-mismatch', at, 'warning']]);
    assert.deepEqual(warned({ purposes: ['client'] }), [['no-server-auth', at, 'warning']]);
  });

  it('name each MX name that it lacks, where the listener is public', () => {
    const interfaces = {
      main: { address: 'all', hostname: 'mx.example', mxNames: ['in.example', 'mx.example', 'b.test'] },
    };
    const served = (role: string) =>
      ({ ...settings, interfaces, listeners: { public: { ...listener, role } } }) as unknown as Settings;
    const names = ['mx.example', 'b.test'];

    assert.deepEqual(warned({ names }, served('public')), [
      ['name-mismatch', '/listeners/public/certificate', 'warning'],
    ]);
    assert.deepEqual(warned({ names }, served('private')), []);
  });

  it('name outbound delivery when what it shows is not for clients, whatever its names', () => {
    const outbound = { ...settings, listeners: {}, outbound: { certificate: 'mx' } } as unknown as Settings;

    assert.deepEqual(warned({ names: ['other.example'] }, outbound), []);
    assert.deepEqual(warned({ purposes: ['server'] }, outbound), [
      ['no-client-auth', '/outbound/certificate', 'warning'],
    ]);
  });

  it('name the interface whose HTTPS has a certificate for other names, or for clients', () => {
    const main = { address: 'all', hostname: 'mx.example', https: { certificate: 'mx' } };
    const https = { ...settings, listeners: {}, interfaces: { main } } as unknown as Settings;

    assert.deepEqual(warned({}, https), []);
    assert.deepEqual(warned({ names: ['other.example'], purposes: ['client'] }, https), [
      ['name-mismatch', '/interfaces/main/https/certificate', 'warning'],
      ['no-server-auth', '/interfaces/main/https/certificate', 'warning'],
    ]);
  });

  it('name destinations, lookups and URL filtering when what they show is not for clients', () => {
    const destinations = { 'a.example': { tls: 'required', certificate: 'mx' }, 'b.example': { tls: 'required' } };
    const shown = { destinations, ldap: { people: { certificate: 'mx' } }, urlFiltering: { certificate: 'mx' } };
    const clients = { ...settings, listeners: {}, ...shown } as unknown as Settings;

    assert.deepEqual(warned({ purposes: ['server'] }, clients), [
      ['no-client-auth', '/urlFiltering/certificate', 'warning'],
      ['no-client-auth', '/destinations/a.example/certificate', 'warning'],
      ['no-client-auth', '/ldap/people/certificate', 'warning'],
    ]);
  });

  it('are none of the demonstration certificate, which says so itself, nor of a chain that is not stored', () => {
    const subject = `O=${demonstrationOrganization}, CN=signet`;

    assert.deepEqual(warned({ subject, names: ['other.example'] }), []);
    assert.deepEqual(certificateWarnings(settings, new Map()), []);
  });
});

describe('a certificate is for a host name', () => {
  const cases: readonly (readonly [name: string, host: string, fits: boolean])[] = [
    ['mx.example.test', 'MX.example.TEST', true],
    ['mx.example.test', 'mx2.example.test', false],
    ['*.example.test', 'mx.example.test', true],
    ['*.EXAMPLE.test', 'mx.example.test', true],
    ['*.example.test', 'a.mx.example.test', false],
    ['*.example.test', 'example.test', false],
    ['*.test', 'example.test', false],
    ['m*.example.test', 'mx.example.test', false],
    ['*', 'mx', false],
    ['198.18.0.1', 'mx.example.test', false],
  ];
  for (const [name, host, fits] of cases) {
    it(`${host} ${fits ? 'when' : 'but not when'} it says ${name}`, () => {
      assert.equal(isFor([name], host), fits);
    });
  }
});
