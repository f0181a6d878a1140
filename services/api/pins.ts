/** What levels demand of the levels below them. Pins are set and unset through operations of a draft, at /pins of a layer. */
import { revisionTag } from './etag.ts';
import { route, type Route } from './route.ts';

export const pinRoutes: readonly Route[] = [
  route({
    name: 'list-pins',
    method: 'get',
    path: '/pins',
    role: 'viewer',
    summary: 'The settings that the cluster and groups fix, hold at a floor, or want of every machine',
    query: 'revision-query',
    response: 'pin-list',
    etag: true,
    async handle({ config }, { query }) {
      const revision = query.revision ?? (await config.head()).number;
      return { body: { revision, pins: await config.pins(revision) }, etag: revisionTag(revision) };
    },
  }),
];
