/** What groups and machines set over the levels above them, over the whole fleet. */
import type { OverrideView } from '../schema/types.generated.ts';
import type { DatedOverride } from '../config/contract.ts';
import { revisionTag } from './etag.ts';
import { route, type Route } from './route.ts';

export const overrideRoutes: readonly Route[] = [
  route({
    name: 'list-overrides',
    method: 'get',
    path: '/overrides',
    role: 'viewer',
    summary: 'What groups and machines set over the levels above them, and which of it does nothing or is out of date',
    query: 'override-query',
    response: 'override-list',
    etag: true,
    async handle({ config }, { query: { level, revision: asked } }) {
      const revision = asked ?? (await config.head()).number;
      const found = await config.overrides(revision);
      const overrides = found.filter((one) => level === undefined || one.level === level).map(view);
      return { body: { revision, overrides }, etag: revisionTag(revision) };
    },
  }),
];

function view({ since, inherited, inheritedSince, ...override }: DatedOverride): OverrideView {
  const hidden = inheritedSince === undefined ? {} : { since: inheritedSince.number };
  return {
    ...override,
    ...{ since: since.number, author: since.author },
    ...(inherited ? { inherited: { ...inherited, ...hidden } } : {}),
    outdated: inheritedSince !== undefined && inheritedSince.number > since.number,
  };
}
