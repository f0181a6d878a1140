/** Rollouts: a revision going out to machines, followed, stopped and taken back. */
import type { RolloutView } from '../push/contract.ts';
import { route, type Route } from './route.ts';
import type { ServerEvent } from './sse.ts';

export const rolloutRoutes: readonly Route[] = [
  route({
    name: 'list-rollouts',
    method: 'get',
    path: '/rollouts',
    role: 'viewer',
    summary: 'Rollouts, newest first',
    query: 'rollouts-query',
    response: 'rollout-list',
    async handle({ push }, { query: { limit = 50 } }) {
      return { body: { rollouts: await push.rollouts(limit) } };
    },
  }),
  route({
    name: 'start-rollout',
    method: 'post',
    path: '/rollouts',
    role: 'operator',
    summary: 'Roll a revision out; a rollout that was running is superseded',
    request: 'rollout-options',
    response: 'rollout-view',
    status: 201,
    async handle({ push }, { caller, body }) {
      const { id } = await push.start(caller.name, body);
      return { body: await push.rollout(id), object: `/rollouts/${id}` };
    },
  }),
  route({
    name: 'show-rollout',
    method: 'get',
    path: '/rollouts/{rollout}',
    role: 'viewer',
    summary: 'A rollout and how each of its machines fares',
    response: 'rollout-view',
    async handle({ push }, { parameters }) {
      return { body: await push.rollout(parameters.rollout) };
    },
  }),
  route({
    name: 'stop-rollout',
    method: 'post',
    path: '/rollouts/{rollout}/stop',
    role: 'operator',
    summary: 'End a rollout after the machines in hand',
    response: 'rollout-view',
    async handle({ push }, { caller, parameters }) {
      const { id } = await push.stop(parameters.rollout, caller.name);
      return { body: await push.rollout(id) };
    },
  }),
  route({
    name: 'revert-rollout',
    method: 'post',
    path: '/rollouts/{rollout}/revert',
    role: 'operator',
    summary: 'Start a rollout that takes back what this one changed',
    response: 'rollout-view',
    async handle({ push }, { caller, parameters }) {
      const { id } = await push.revert(parameters.rollout, caller.name);
      return { body: await push.rollout(id) };
    },
  }),
  route({
    name: 'follow-rollout',
    method: 'get',
    path: '/rollouts/{rollout}/events',
    role: 'viewer',
    summary: 'A rollout as it proceeds: an event "rollout" at each change, then "end"',
    response: 'events',
    async handle({ push }, { parameters, signal }) {
      // Asked first, so that one that does not exist is a 404 and not an empty stream.
      const view = await push.rollout(parameters.rollout);
      return { body: told(view, push.follow(parameters.rollout, signal), signal) };
    },
  }),
];

async function* told(
  first: RolloutView,
  views: AsyncIterable<RolloutView>,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  let last = first;
  for await (const view of views) {
    last = view;
    yield { event: 'rollout', data: view };
  }
  // A stream that was cut short must not look like the end of the rollout.
  if (!signal.aborted) yield { event: 'end', data: last };
}
