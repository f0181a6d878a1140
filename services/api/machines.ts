/** Machines: who is a member, what each one gets and has, and how one joins and leaves. */
import { explainSender } from '../config/explain-sender.ts';
import { NamedError } from '../errors.ts';
import { compareNames } from '../machines/names.ts';
import type { MachineView } from '../schema/types.generated.ts';
import type { Context } from './deps.ts';
import { contentTag } from './etag.ts';
import { machineView } from './machine-view.ts';
import { rollOut } from './roll-out.ts';
import { route, type Route } from './route.ts';

export const machineRoutes: readonly Route[] = [
  route({
    name: 'list-machines',
    method: 'get',
    path: '/machines',
    role: 'viewer',
    summary: 'Every machine with its status, by name; those that left only when all are asked for',
    query: 'machine-list-query',
    response: 'machine-list',
    handle: async (context, { query }) => ({ body: { machines: await views(context, query.all === 'true') } }),
  }),
  route({
    name: 'show-host-key',
    method: 'post',
    path: '/machines/host-key',
    role: 'operator',
    summary: 'The host key a machine shows, without logging in: to be compared before a password goes there',
    request: 'host-key-request',
    response: 'host-key',
    handle: async ({ membership }, { body }) => ({ body: { hostKey: await membership.hostKey(body) } }),
  }),
  route({
    name: 'plan-join',
    method: 'post',
    path: '/join-plans',
    role: 'operator',
    summary: 'Reach a machine and say what joining would do, to be accepted within the hour; changes nothing',
    request: 'join-request',
    response: 'join-plan',
    status: 201,
    handle: async ({ membership }, { body }) => ({
      body: await membership.plan(body),
      object: `/machines/${body.name}`,
    }),
  }),
  route({
    name: 'show-join-plan',
    method: 'get',
    path: '/join-plans/{plan}',
    role: 'operator',
    summary: 'A plan that was made, until it is accepted or expires',
    response: 'join-plan',
    handle: async ({ membership }, { parameters: { plan } }) => ({ body: await membership.planned(plan) }),
  }),
  route({
    name: 'join-machine',
    method: 'post',
    path: '/machines',
    role: 'operator',
    summary: 'Make a machine a member: accepts a plan, or the host key that was shown',
    request: 'accepted-join',
    response: 'joined',
    status: 201,
    async handle(context, { caller, body }) {
      const { registration, revision, rollout, notes } = await context.membership.join(caller.name, body);
      const own = rollout === undefined ? {} : { rollout };
      const isOwn = rollout !== undefined || body.rollout === false;
      const named = isOwn ? own : await rollOut(context, caller.name, revision.number);
      return {
        body: {
          machine: await view(context, registration.name),
          revision: { number: revision.number },
          ...named,
          ...(notes ? { notes } : {}),
        },
        object: `/machines/${registration.name}`,
      };
    },
  }),
  route({
    name: 'show-machine',
    method: 'get',
    path: '/machines/{machine}',
    role: 'viewer',
    summary: 'A machine with its status',
    response: 'machine-view',
    etag: true,
    async handle(context, { parameters }) {
      const body = await view(context, parameters.machine);
      return { body, etag: contentTag(body) };
    },
  }),
  route({
    name: 'show-effective-settings',
    method: 'get',
    path: '/machines/{machine}/effective',
    role: 'viewer',
    summary: 'The effective settings of a machine, and the level each value comes from',
    query: 'revision-query',
    response: 'effective-view',
    async handle({ config }, { parameters: { machine }, query }) {
      const revision = query.revision ?? (await config.head()).number;
      const { settings, origins, pins } = await config.effective(machine, revision);
      return { body: { machine, revision, settings, origins: Object.fromEntries(origins), pins } };
    },
  }),
  route({
    name: 'explain-setting',
    method: 'get',
    path: '/machines/{machine}/explain',
    role: 'viewer',
    summary: 'Where an effective value comes from, since when and by whom, and what it shadows',
    query: 'explain-query',
    response: 'explanation',
    async handle({ config }, { parameters: { machine }, query: { path, revision } }) {
      return { body: await config.explain(machine, path, revision) };
    },
  }),
  route({
    name: 'explain-sender',
    method: 'get',
    path: '/machines/{machine}/explain-sender',
    role: 'viewer',
    summary: 'Which sender group a client of a listener is in, the policy it gets, and what becomes of its mail',
    query: 'sender-query',
    response: 'sender-explanation',
    async handle({ config }, { parameters: { machine }, query }) {
      const revision = query.revision ?? (await config.head()).number;
      const effective = await config.effective(machine, revision);
      return { body: { machine, revision, ...explainSender(effective, query) } };
    },
  }),
  route({
    name: 'show-manifest',
    method: 'get',
    path: '/machines/{machine}/manifest',
    role: 'viewer',
    summary: 'Every file and parameter a machine must have; secrets are referred to, never held',
    query: 'revision-query',
    response: 'manifest',
    async handle({ config }, { parameters: { machine }, query }) {
      return { body: await config.manifest(machine, query.revision ?? (await config.head()).number) };
    },
  }),
  route({
    name: 'show-status',
    method: 'get',
    path: '/machines/{machine}/status',
    role: 'viewer',
    summary: 'What is wanted, deployed and served, as last seen',
    response: 'status',
    handle: async ({ push }, { parameters: { machine } }) => ({ body: await push.status(machine) }),
  }),
  route({
    name: 'probe-machine',
    method: 'post',
    path: '/machines/{machine}/probe',
    role: 'operator',
    summary: 'Look again, now: read the gateway and probe its listeners',
    response: 'status',
    handle: async ({ push }, { parameters: { machine } }) => ({ body: await push.look(machine) }),
  }),
  route({
    name: 'disconnect-machine',
    method: 'post',
    path: '/machines/{machine}/disconnect',
    role: 'operator',
    summary: 'Leave a member alone until it is reconnected: nothing is pushed to it, read from it or expected of it',
    request: 'disconnect-options',
    response: 'disconnected',
    async handle(context, { caller, parameters: { machine }, body: { reason } }) {
      const { notes } = await context.membership.disconnect(caller.name, machine, reason);
      return {
        body: { machine: await view(context, machine), notes },
        ...(reason === undefined ? {} : { detail: reason }),
      };
    },
  }),
  route({
    name: 'plan-reconnect',
    method: 'post',
    path: '/machines/{machine}/reconnect-plan',
    role: 'operator',
    summary: 'What is different on a machine that is disconnected, and in the configuration for it; changes nothing',
    request: 'reconnect-look',
    response: 'reconnect-plan',
    async handle({ membership }, { parameters: { machine }, body: { bootstrap } }) {
      return { body: await membership.planReconnect(machine, bootstrap) };
    },
  }),
  route({
    name: 'reconnect-machine',
    method: 'post',
    path: '/machines/{machine}/reconnect',
    role: 'operator',
    summary: 'Connect a member again, with a decision on each difference, and bring it what the configuration then has',
    request: 'reconnect-options',
    response: 'reconnected',
    async handle(context, { caller, parameters: { machine }, body }) {
      const { revision, rollout } = await context.membership.reconnect(caller.name, machine, body);
      const started = rollout === undefined ? {} : { rollout };
      return { body: { machine: await view(context, machine), revision: { number: revision.number }, ...started } };
    },
  }),
  route({
    name: 'forget-machine',
    method: 'delete',
    path: '/machines/{machine}',
    role: 'operator',
    summary: 'Forget a machine that left, by its name or id; its archive stays',
    response: 'nothing',
    async handle({ membership }, { parameters: { machine } }) {
      const { id, name } = await membership.forget(machine);
      return { body: undefined, object: `/machines/${name} (${id})` };
    },
  }),
  route({
    name: 'plan-leave',
    method: 'get',
    path: '/machines/{machine}/leave-plan',
    role: 'viewer',
    summary: 'What leaving would take from the configuration; changes nothing',
    response: 'leave-plan',
    handle: async ({ membership }, { parameters: { machine } }) => ({ body: await membership.planLeave(machine) }),
  }),
  route({
    name: 'leave-machine',
    method: 'post',
    path: '/machines/{machine}/leave',
    role: 'operator',
    summary: 'Let a machine go; it keeps running what it has',
    request: 'leave-options',
    response: 'left',
    async handle({ membership }, { caller, parameters: { machine }, body }) {
      const { revision, plan, notes } = await membership.leave(caller.name, machine, body);
      return { body: { revision: { number: revision.number }, plan, notes } };
    },
  }),
];

async function views({ config, machines, push }: Context, all: boolean): Promise<readonly MachineView[]> {
  const [registrations, statuses, { number }] = await Promise.all([machines.list(), push.statuses(), config.head()]);
  const configuration = await config.configuration(number);
  const byName = new Map(statuses.map((status) => [status.machine, status]));
  return (
    registrations
      .filter(({ state }) => all || state !== 'left')
      // One that waits or left may share its name with a member, whose status is not its own.
      .map((one) =>
        machineView(one, configuration, one.facts, one.state === 'member' ? byName.get(one.name) : undefined),
      )
      .sort((a, b) => compareNames(a.name, b.name))
  );
}

/** The machine that holds the name, else one that waits or left under it: its address is still of use when it comes back. */
async function view({ config, machines, push }: Context, name: string): Promise<MachineView> {
  const member = await machines.byName(name);
  const registration = member ?? (await machines.list()).findLast((one) => one.name === name);
  if (!registration) throw new NamedError('not-found', `there is no machine ${name}; see the list of machines`);
  const status = member ? await push.status(name) : undefined;
  return machineView(
    registration,
    await config.configuration((await config.head()).number),
    registration.facts,
    status,
  );
}
