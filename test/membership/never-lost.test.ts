/** Whatever comes and goes, in whatever order, and whoever dies over it: every setting is in the configuration or in an archive. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { it } from 'node:test';

import fc from 'fast-check';

import { isNamed } from '../../services/errors.ts';
import type { MembershipService } from '../../services/membership/contract.ts';
import type { MembershipDeps } from '../../services/membership/deps.ts';
import { platforms } from '../../services/platforms/registry.ts';
import { fingerprint } from '../../services/push/ssh.ts';
import type { AcceptedJoin, Operation } from '../../services/schema/types.generated.ts';
import { binding, machineId, surroundings, type Surroundings } from '../config/surroundings.ts';
import { membershipOver, type StandIn } from './stand-in-gateways.ts';
import { pushOver } from './stand-in-push.ts';

// Thousands of commits: without a disk to wait for.
if (existsSync('/dev/shm')) process.env['TMPDIR'] = '/dev/shm';

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
  | { readonly kind: 'copy'; readonly host: string; readonly from: string }
  | { readonly kind: 'push' | 'disconnect'; readonly name: string }
  | { readonly kind: 'edit'; readonly host: string; readonly edit: keyof typeof edits; readonly value: string }
  | { readonly kind: 'wish'; readonly edit: keyof typeof edits; readonly value: string }
  | { readonly kind: 'reconnect'; readonly name: string; readonly decisions: Decisions; readonly dies: boolean };
type How = Pick<AcceptedJoin, 'claim' | 'archive'>;

/** What is changed by hand, and what it is to whoever reconnects the machine. */
const edits = {
  minimum: { path: '/protocols/inbound/minimum', names: ['smtpd_tls_protocols', 'smtpd_tls_mandatory_protocols'] },
  ciphers: { path: '/protocols/outbound/ciphers', names: ['smtp_tls_ciphers'] },
  loglevel: { path: 'main.cf smtpd_tls_loglevel', names: ['smtpd_tls_loglevel'] },
} as const;
const values = { minimum: ['>=TLSv1.1', '>=TLSv1.3'], ciphers: ['high', 'low'], loglevel: ['2', '3'] } as const;
type Decisions = Readonly<Record<keyof typeof edits, 'keep' | 'take' | 'none'>>;
const decision = fc.constantFrom('keep' as const, 'keep' as const, 'take' as const, 'none' as const);
const edit = fc
  .constantFrom('minimum' as const, 'ciphers' as const, 'loglevel' as const)
  .chain((one) => fc.record({ edit: fc.constant(one), value: fc.constantFrom<string>(...values[one]) }));

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
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('push', 'disconnect'), name }) },
);

/** On machines that have joined: those that are left alone are changed by hand, and in the configuration. */
const meanwhile: fc.Arbitrary<Action> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('push', 'disconnect'), name }) },
  {
    weight: 5,
    arbitrary: fc.tuple(host, edit).map(([where, one]) => ({ kind: 'edit' as const, host: where, ...one })),
  },
  { weight: 2, arbitrary: edit.map((one) => ({ kind: 'wish' as const, ...one })) },
  {
    weight: 6,
    arbitrary: fc.record({
      ...{ kind: fc.constant('reconnect' as const), name, dies },
      decisions: fc.record({ minimum: decision, ciphers: decision, loglevel: decision }),
    }),
  },
  { weight: 1, arbitrary: action },
);

const properties = [
  { title: 'no setting is ever lost', from: [], actions: action, runs: 210 },
  {
    title: 'nothing that was changed by hand is ever overwritten unless someone has said so',
    from: names.flatMap((one, n): readonly Action[] => [
      { kind: 'join', name: one, host: hosts[n] ?? '', how: {}, dies: false },
      { kind: 'push', name: one },
      { kind: 'disconnect', name: one },
    ]),
    actions: meanwhile,
    runs: 120,
  },
] as const;

for (const { title, from, actions, runs } of properties) {
  it(title, { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(actions, { minLength: 10, maxLength: 30, size: 'max' }), async (then) => {
        const world = await begin();
        try {
          for (const one of [...from, ...then]) {
            await world.perform(one);
            assert.deepEqual(await world.missing(), [], `after ${JSON.stringify(one)}`);
            assert.deepEqual(world.overwritten(), [], `after ${JSON.stringify(one)}`);
          }
        } finally {
          await world.at.close();
        }
      }),
      { numRuns: runs },
    );
  });
}

interface World {
  readonly at: Surroundings;
  perform(action: Action): Promise<void>;
  /** The settings that were committed and are nowhere by now. */
  missing(): Promise<readonly string[]>;
  /** What was changed by hand and is not there any more, although nobody has said that it may go. */
  overwritten(): readonly string[];
}

async function begin(): Promise<World> {
  const at = surroundings({ platforms });
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
  const push = pushOver({ config, machines }, gateways);
  const membership = membershipOver({ config, machines, pki, store }, gateways, next, push);
  /** By gateway: the lines that were changed by hand, and that stand until someone has decided on them. */
  const byHand = new Map<StandIn, Map<keyof typeof edits, string>>();
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
      push,
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
      case 'push':
        await push.start('anna', { machines: [one.name] });
        break;
      case 'disconnect':
        await membership.disconnect('anna', one.name);
        break;
      case 'edit': {
        const on = gateway(one.host);
        // Before Signet has pushed to it, all of it is its owner's.
        if (!on.given) break;
        for (const line of edits[one.edit].names) {
          on.mainCf = (on.mainCf ?? '').replace(new RegExp(`^${line} = .*$`, 'm'), `${line} = ${one.value}`);
        }
        byHand.set(on, (byHand.get(on) ?? new Map<keyof typeof edits, string>()).set(one.edit, one.value));
        break;
      }
      case 'wish':
        // There is no setting for the other.
        if (one.edit !== 'loglevel') {
          const value = one.value.replace('>=', '');
          const wish: Operation = { op: 'set', level: 'cluster', path: edits[one.edit].path, value };
          await config.apply('bert', [wish], { comment: 'wish', rollout: false });
        }
        break;
      case 'reconnect':
        await reconnect(one);
        break;
    }
  }

  async function reconnect({ name: machine, decisions, dies: isDoomed }: Action & { readonly kind: 'reconnect' }) {
    const { differences, id } = await membership.planReconnect(machine);
    const open = differences.filter((one) => one.changed !== 'configuration' && !one.same);
    const of = (what: 'keep' | 'take') =>
      typed(edits)
        .filter(([edited, { path }]) => decisions[edited] === what && open.some((one) => one.path === path))
        .map(([, { path }]) => path);
    const [keep, take] = [of('keep'), of('take')];
    const service = isDoomed ? doomed(settings % 2 === 0) : membership;
    await service.reconnect('dora', machine, { accept: id, keep, take });
    assert.deepEqual(open.map(({ path }) => path).sort(), [...keep, ...take].sort(), 'what nobody decided on');
    for (const { path, machine: value } of open.filter((one) => take.some((taken) => taken === one.path))) {
      assert.deepEqual((await config.explain(machine, path)).value, value);
    }
    const { host: where = '' } = (await machines.byName(machine)) ?? {};
    const lines = byHand.get(gateway(where));
    for (const [edited, { path }] of typed(edits)) if (keep.some((kept) => kept === path)) lines?.delete(edited);
  }

  function overwritten(): readonly string[] {
    return [...byHand].flatMap(([on, lines]) =>
      [...lines].flatMap(([edited, value]) => {
        const { names: affected } = edits[edited];
        const gone = affected.filter((line) => !on.mainCf?.split('\n').includes(`${line} = ${value}`));
        // What the machine was given is no edit any more.
        if (affected.every((line) => on.given?.postfix?.parameters[line] === value)) lines.delete(edited);
        return gone.map((line) => `${line} = ${value}`);
      }),
    );
  }

  async function missing(): Promise<readonly string[]> {
    const { layers } = await config.configuration((await config.head()).number);
    const held = [...Object.values(layers), ...(await machines.archives()).map(({ layer }) => layer)];
    const found = new Set(held.flatMap(({ certificates }) => Object.keys(certificates ?? {})));
    return [...kept].filter((path) => !found.has(path.slice('/certificates/'.length)));
  }

  return { at, perform, missing, overwritten };
}

function typed(all: typeof edits) {
  return Object.entries(all) as readonly (readonly [keyof typeof edits, (typeof edits)[keyof typeof edits]])[];
}

class Killed extends Error {}
