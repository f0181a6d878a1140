/** Whatever comes and goes, in whatever order, and whoever dies over it: every setting is in the configuration or in an archive. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { it } from 'node:test';

import fc from 'fast-check';

import { isNamed } from '../../services/errors.ts';
import type { MembershipService } from '../../services/membership/contract.ts';
import type { MembershipDeps } from '../../services/membership/deps.ts';
import { fingerprint } from '../../services/push/ssh.ts';
import type { AcceptedJoin, Operation } from '../../services/schema/types.generated.ts';
import { binding, machineId, surroundings, type Surroundings } from '../config/surroundings.ts';
import { membershipOver, type StandIn } from './stand-in-gateways.ts';

// Thousands of commits: without a disk to wait for.
if (existsSync('/dev/shm')) process.env['TMPDIR'] = '/dev/shm';

const runs = 210;
// Few of each, so that they get in each other's way.
const names = ['mx1', 'mx2'];
const hosts = ['198.18.0.1', '198.18.0.2'];
const levels = ['group/edge', ...names.map((name) => `machine/${name}`)];

type Action =
  | { readonly kind: 'join'; readonly name: string; readonly host: string; readonly how: How; readonly dies: boolean }
  | { readonly kind: 'leave'; readonly name: string; readonly force: boolean; readonly dies: boolean }
  | { readonly kind: 'set' | 'draft'; readonly level: string }
  | { readonly kind: 'commit' }
  | { readonly kind: 'move'; readonly name: string; readonly group: string }
  | { readonly kind: 'power' | 'reinstall' | 'rekey'; readonly host: string }
  | { readonly kind: 'copy'; readonly host: string; readonly from: string };
type How = Pick<AcceptedJoin, 'claim' | 'archive'>;

const name = fc.constantFrom(...names);
const host = fc.constantFrom(...hosts);
const level = fc.constantFrom(...levels);
const how = fc.constantFrom<How>({ archive: 'restore' }, { claim: 'replace' }, { claim: 'replace' }, { claim: 'new' });
const dies = fc.constantFrom(true, false, false, false);
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('join'), name, host, how, dies }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('leave'), name, force: fc.boolean(), dies }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('set', 'draft'), level }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('commit') }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('move'), name, group: fc.constantFrom('main', 'edge') }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('power', 'reinstall', 'rekey'), host }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('copy'), host, from: host }) },
);

it('no setting is ever lost', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 10, maxLength: 30, size: 'max' }), async (actions) => {
      const world = await begin();
      try {
        for (const one of actions) {
          await world.perform(one);
          assert.deepEqual(await world.missing(), [], `after ${JSON.stringify(one)}`);
        }
      } finally {
        await world.at.close();
      }
    }),
    { numRuns: runs },
  );
});

interface World {
  readonly at: Surroundings;
  perform(action: Action): Promise<void>;
  /** The settings that were committed and are nowhere by now. */
  missing(): Promise<readonly string[]>;
}

async function begin(): Promise<World> {
  const at = surroundings();
  const { config, machines, store } = at;
  let identities = 0;
  let keys = 0;
  let settings = 0;
  const kept = new Set<string>();
  const drafted = new Set<string>();
  const newKey = () => `ssh-ed25519 ${Buffer.from(`key ${++keys}`).toString('base64')}`;
  const gateways = new Map<string, StandIn>(
    hosts.map((one) => [one, { hostKey: newKey(), identity: '', up: true, installed: false }]),
  );
  const gateway = (one: string) => gateways.get(one) ?? assert.fail(one);
  const next = () => machineId(++identities);
  // Nothing is adopted here, so no certificate is taken in.
  const pki = at.deps.pki as unknown as MembershipDeps['pki'];
  const membership = membershipOver({ config, machines, pki, store }, gateways, next);
  /** One whose controller is killed at the commit: before it, or when it is done. */
  const doomed = (after: boolean): MembershipService =>
    membershipOver(
      {
        ...{ machines, pki, store },
        config: {
          ...config,
          async apply(...asked) {
            if (after) await config.apply(...asked);
            throw new Killed();
          },
        },
      },
      gateways,
      next,
    );
  const group: Operation = { op: 'create-group', group: 'edge', description: '' };
  await config.apply('anna', [group], { comment: 'a group', rollout: false });
  const set = (where: string): Operation & { readonly op: 'set' } => {
    settings += 1;
    return { op: 'set', level: where, path: `/certificates/s${settings}`, value: binding('1') };
  };

  async function perform(one: Action): Promise<void> {
    try {
      await attempt(one);
    } catch (error) {
      // What is refused, and who is killed over it, must leave everything as safe as what is done.
      if (!(error instanceof Killed) && !isNamed(error)) throw error;
    }
  }

  async function attempt(one: Action): Promise<void> {
    switch (one.kind) {
      case 'join': {
        const service = one.dies ? doomed(settings % 2 === 0) : membership;
        const hostKey = fingerprint(gateway(one.host).hostKey);
        const request = { name: one.name, host: one.host, hostKey, bootstrap: { user: 'root' } };
        await service.join('anna', { ...request, rollout: false, ...one.how });
        break;
      }
      case 'leave':
        await (one.dies ? doomed(settings % 2 === 0) : membership).leave('anna', one.name, { force: one.force });
        break;
      case 'set': {
        const operation = set(one.level);
        await config.apply('bert', [operation], { comment: 'set', rollout: false });
        kept.add(operation.path);
        break;
      }
      case 'draft': {
        const operation = set(one.level);
        await config.amend('carl', [operation]);
        drafted.add(operation.path);
        break;
      }
      case 'commit':
        await config.commit('carl', { comment: 'draft', rollout: false });
        for (const path of drafted) kept.add(path);
        drafted.clear();
        break;
      case 'move':
        await config.apply('bert', [{ op: 'move', machine: one.name, group: one.group }], {
          ...{ comment: 'move', rollout: false },
        });
        break;
      case 'power':
        gateway(one.host).up = !gateway(one.host).up;
        for (const { id } of await membership.expectedBack()) await membership.finishLeave(id);
        break;
      case 'reinstall':
        gateways.set(one.host, { hostKey: newKey(), identity: '', up: true, installed: false });
        break;
      case 'rekey':
        gateway(one.host).hostKey = newKey();
        break;
      case 'copy':
        gateway(one.host).identity = gateway(one.from).identity;
        break;
    }
  }

  async function missing(): Promise<readonly string[]> {
    const { layers } = await config.configuration((await config.head()).number);
    const held = [...Object.values(layers), ...(await machines.archives()).map(({ layer }) => layer)];
    const found = new Set(held.flatMap(({ certificates }) => Object.keys(certificates ?? {})));
    return [...kept].filter((path) => !found.has(path.slice('/certificates/'.length)));
  }

  return { at, perform, missing };
}

class Killed extends Error {}
