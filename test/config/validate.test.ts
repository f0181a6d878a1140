import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { condense } from '../../services/config/condense.ts';
import { defaultsLayer } from '../../services/config/defaults.ts';
import { applyAll, emptyConfiguration } from '../../services/config/operations.ts';
import { validate } from '../../services/config/validate.ts';
import type { Finding } from '../../services/errors.ts';
import type { Configuration, Facts, Operation } from '../../services/schema/types.generated.ts';
import { binding, chainFacts, digest, facts, machineId, platform } from './surroundings.ts';

const interfaces = { main: { address: 'all', hostname: 'mx.example' } };
const start = applyAll(emptyConfiguration, [
  { op: 'create-group', group: 'edge' },
  { op: 'admit', machine: 'mx1', id: machineId(1), group: 'main', layer: { interfaces } },
  { op: 'admit', machine: 'mx2', id: machineId(2), group: 'edge', layer: { interfaces } },
]);

const set = (level: string, path: string, value: unknown): Operation => ({ op: 'set', level, path, value });
const remove = (level: string, path: string): Operation => ({ op: 'remove', level, path });

function check(configuration: Configuration, known: ReadonlyMap<string, Facts> = new Map()): readonly Finding[] {
  const material = {
    chains: new Map(['1', '2', 'd'].map((one) => [digest(one), chainFacts(digest(one))])),
    bundles: new Set([digest('1')]),
  };
  const input = { configuration, defaults: defaultsLayer(binding('d')), material, facts: known, platforms: [platform] };
  return [...validate(input)].flat();
}

function checked(...operations: readonly Operation[]): readonly Finding[] {
  return check(applyAll(start, operations));
}

describe('validate', () => {
  it('finds nothing wrong with machines that have an interface', () => {
    assert.deepEqual(checked(), []);
  });

  it('names machine, setting and level of a certificate that one machine lacks', () => {
    const findings = checked(
      set('machine/mx1', '/certificates/mx', binding('1')),
      set('cluster', '/listeners/public/certificate', 'mx'),
    );

    assert.deepEqual(findings, [
      {
        machine: 'mx2',
        level: 'cluster',
        pointer: '/listeners/public/certificate',
        detail:
          '/listeners/public/certificate names the certificate "mx", which this machine does not have; set /certificates/mx, or change /listeners/public/certificate at cluster',
      },
    ]);
  });

  it('names the level whose tombstone removed what is referred to', () => {
    const [finding, ...rest] = checked(
      set('cluster', '/certificates/mx', binding('1')),
      set('cluster', '/listeners/public/certificate', 'mx'),
      remove('group/edge', '/certificates/mx'),
    );

    assert.deepEqual([finding?.machine, finding?.level, rest.length], ['mx2', 'group/edge', 0]);
    assert.match(finding?.detail ?? '', /\(removed at group\/edge\)/);
  });

  it('follows what sender groups and mail flow policies name, the listener by which groups stand included', () => {
    const group = { order: 1, senders: [], policy: 'strict' };
    const findings = checked(
      set('cluster', '/mailFlowPolicies/partners', { trust: ['system', 'gone'] }),
      set('group/edge', '/senderGroups', { public: { a: group }, other: { b: { ...group, policy: 'partners' } } }),
    );

    assert.deepEqual(
      findings.map(({ machine, level, pointer }) => [machine, level, pointer]),
      [
        ['mx1', 'cluster', '/mailFlowPolicies/partners/trust'],
        ['mx2', 'cluster', '/mailFlowPolicies/partners/trust'],
        ['mx2', 'group/edge', '/senderGroups/other'],
        ['mx2', 'group/edge', '/senderGroups/public/a/policy'],
      ],
    );
    assert.match(findings[2]?.detail ?? '', /names the listener "other", which this machine does not have/);
  });

  it('misses what a sender group cannot do without', () => {
    const [finding] = checked(set('machine/mx1', '/senderGroups/public/a', { order: 1 }));

    assert.deepEqual([finding?.machine, finding?.level], ['mx1', 'machine/mx1']);
    assert.match(finding?.detail ?? '', /senderGroups\/public\/a lacks "senders"/);
  });

  it('sends to the machine when the built-in listener lacks its interface there', () => {
    const findings = checked({ op: 'unset', level: 'machine/mx1', path: '/interfaces/main' });

    assert.deepEqual(
      findings.map(({ machine, level, pointer }) => [machine, level, pointer]),
      [['mx1', 'machine/mx1', '/listeners/public/interface']],
    );
  });

  const references = [
    ['/listeners/public/policy', 'strict', 'mail flow policy'],
    ['/listeners/public/interface', 'second', 'interface'],
    ['/outbound/interface', 'second', 'interface'],
    ['/outbound/certificate', 'client', 'certificate'],
    ['/outbound/trust', 'own', 'trust list'],
    ['/urlFiltering/certificate', 'client', 'certificate'],
    ['/outbound/trust', ['system', 'own'], 'trust list'],
  ] as const;
  for (const [path, name, noun] of references) {
    it(`refuses ${path} with ${JSON.stringify(name)}, which names what no machine has`, () => {
      const findings = checked(set('group/edge', path, name));

      assert.deepEqual(
        findings.map(({ machine, level, pointer }) => [machine, level, pointer]),
        [['mx2', 'group/edge', path]],
      );
      assert.ok(findings[0]?.detail.includes(`the ${noun} "${[name].flat().at(-1) ?? ''}"`));
    });
  }

  it('does not mind a name that two levels together provide', () => {
    const findings = checked(
      set('cluster', '/certificates/mx', binding('1')),
      set('group/edge', '/certificates/mx', binding('2')),
      set('cluster', '/listeners/public/certificate', 'mx'),
    );

    assert.deepEqual(findings, []);
  });

  it('says which field an entry lacks, and the level that set the rest', () => {
    const findings = checked(set('group/edge', '/listeners/smtp', { port: 26 }));

    assert.deepEqual(findings, [
      {
        machine: 'mx2',
        level: 'group/edge',
        pointer: '/listeners/smtp',
        detail: '/listeners/smtp lacks "interface"',
      },
    ]);
  });

  it('wants a default destination on every machine', () => {
    const findings = checked(remove('group/edge', '/destinations/default'));

    assert.deepEqual(
      findings.map(({ machine, level, pointer }) => [machine, level, pointer]),
      [['mx2', 'group/edge', '/destinations/default']],
    );
  });

  it('refuses a key that does not belong to its chain, on each machine that gets it', () => {
    const findings = checked(set('group/edge', '/certificates/mx', { key: digest('1'), chain: digest('2') }));

    assert.deepEqual(
      findings.map(({ machine, level, pointer }) => [machine, level, pointer]),
      [['mx2', 'group/edge', '/certificates/mx']],
    );
    assert.match(findings[0]?.detail ?? '', /does not belong to its chain/);
  });

  it('refuses a chain that is not stored, also where no machine gets it', () => {
    const findings = checked(
      { op: 'create-group', group: 'empty' },
      set('group/empty', '/certificates/mx', binding('7')),
    );

    assert.deepEqual(
      findings.map(({ machine, level, pointer }) => [machine, level, pointer]),
      [[undefined, 'group/empty', '/certificates/mx']],
    );
    assert.match(findings[0]?.detail ?? '', /names a chain that is not stored/);
  });

  it('refuses a trust list whose bundle is not stored', () => {
    const bundle = (digit: string) => ({ source: 'bundle', bundle: digest(digit) });

    const findings = checked(
      set('cluster', '/trust/known', bundle('1')),
      set('machine/mx1', '/trust/unknown', bundle('7')),
    );

    assert.deepEqual(
      findings.map(({ machine, level, pointer }) => [machine, level, pointer]),
      [['mx1', 'machine/mx1', '/trust/unknown']],
    );
  });

  it('asks the platforms of every machine that something is known of, and adds the level to edit', () => {
    const known = new Map([[machineId(2), facts('mx2')]]);

    const findings = check(applyAll(start, [set('cluster', '/listeners/public/port', 666)]), known);

    assert.deepEqual(findings, [
      { machine: 'mx2', level: 'cluster', pointer: '/listeners/public/port', detail: 'port 666 is taken' },
    ]);
  });

  it('says at once what is no layer', () => {
    const findings = check({
      ...start,
      layers: { ...start.layers, cluster: { listeners: { public: { port: 'x' } } } },
    });

    assert.deepEqual(
      findings.map(({ level, pointer }) => [level, pointer]),
      [['cluster', '/listeners/public/port']],
    );
  });
});

describe('findings', () => {
  it('name ten machines of a fault that a whole fleet has, and count the others', () => {
    const finding = (machine: number, detail: string) => ({ machine: `mx${machine}`, level: 'cluster', detail });
    const findings = Array.from({ length: 2000 }, (_, machine) => finding(machine, 'the same'));

    const condensed = condense([...findings, finding(1, 'another')]);

    assert.equal(condensed.length, 11);
    assert.equal(condensed[9]?.detail, 'the same (and on 1990 more machines)');
    assert.equal(condensed[10]?.detail, 'another');
  });
});
