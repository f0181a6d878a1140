/** The history: every revision, the difference between any two, and the way back. */
import { difference } from './difference.ts';
import { revisionTag } from './etag.ts';
import { foreseen } from './foreseen.ts';
import { rollOut } from './roll-out.ts';
import { route, type Route } from './route.ts';

export const revisionRoutes: readonly Route[] = [
  route({
    name: 'list-revisions',
    method: 'get',
    path: '/revisions',
    role: 'viewer',
    summary: 'The history, newest first',
    query: 'history-query',
    response: 'revision-list',
    async handle({ config }, { query: { before, limit = 50 } }) {
      const revisions = await config.history({ limit, ...(before === undefined ? {} : { before }) });
      return { body: { revisions } };
    },
  }),
  route({
    name: 'show-revision',
    method: 'get',
    path: '/revisions/{revision}',
    role: 'viewer',
    summary: 'One revision and its whole configuration',
    response: 'revision-view',
    etag: true,
    async handle({ config }, { parameters: { revision: number } }) {
      const [revision, configuration] = await Promise.all([config.revision(number), config.configuration(number)]);
      return { body: { revision, configuration }, etag: revisionTag(number), immutable: true };
    },
  }),
  route({
    name: 'show-revision-diff',
    method: 'get',
    path: '/revisions/{revision}/diff/{other}',
    role: 'viewer',
    summary: 'The difference between two revisions, in settings and in the files of each machine',
    query: 'diff-query',
    response: 'revision-diff',
    async handle({ config }, { parameters: { revision: from, other: to }, query: { machine } }) {
      return { body: { from, to, ...(await difference(config, from, to, machine)) } };
    },
  }),
  route({
    name: 'roll-back',
    method: 'post',
    path: '/revisions/{revision}/rollback',
    role: 'operator',
    summary: 'Bring the settings of a revision back, as a new one, and roll it out',
    request: 'commit-options',
    response: 'rolled-back',
    status: 201,
    async handle(context, { caller, parameters, body: { comment, rollout = true } }) {
      const { revision, leftOut } = await context.config.rollback(caller.name, parameters.revision, {
        comment,
        rollout,
      });
      return {
        body: {
          revision,
          leftOut,
          ...(await foreseen(context, revision.number)),
          ...(rollout ? await rollOut(context, caller.name, revision.number) : {}),
        },
        object: `/revisions/${revision.number}`,
      };
    },
  }),
];
