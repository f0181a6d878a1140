/** What changes, as it changes: revisions, rollouts and statuses. */
import { NamedError } from '../errors.ts';
import { route, type Route } from './route.ts';

export const eventRoutes: readonly Route[] = [
  route({
    name: 'follow-changes',
    method: 'get',
    path: '/events',
    role: 'viewer',
    summary:
      'Events "revision", "rollout" and "status" as they happen; "reset" when Last-Event-ID is too old to go on from',
    response: 'events',
    handle: ({ service }, { lastEventId, signal }) =>
      Promise.resolve({ body: service.changes(revisionOf(lastEventId), signal) }),
  }),
];

/** Ids are revisions of the store, so that a client that connects again misses nothing. */
function revisionOf(lastEventId: string | undefined): number | undefined {
  if (lastEventId === undefined || lastEventId === '') return undefined;
  if (/^\d{1,15}$/.test(lastEventId)) return Number(lastEventId);
  throw new NamedError(
    'invalid-input',
    'Last-Event-ID must be the id of an event of this stream; leave it out to begin now',
  );
}
