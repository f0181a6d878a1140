/** What machines that left had of their own: kept under their identity until a join restores or discards it. */
import { NamedError } from '../errors.ts';
import type { Archive } from '../machines/service.ts';
import { livePaths } from '../push/plan.ts';
import type { Context } from './deps.ts';
import { route, type Route } from './route.ts';

export const archiveRoutes: readonly Route[] = [
  route({
    name: 'list-archives',
    method: 'get',
    path: '/archives',
    role: 'viewer',
    summary: 'The archives of machines that left, the newest first',
    response: 'archive-list',
    async handle({ machines }) {
      const archives = [...(await machines.archives())].sort((a, b) => (a.left < b.left ? 1 : -1));
      return { body: { archives } };
    },
  }),
  route({
    name: 'show-archive',
    method: 'get',
    path: '/archives/{archive}',
    role: 'viewer',
    summary: 'One archive: the settings a machine left with; keys are named, not shown',
    response: 'archive',
    handle: async (context, { parameters }) => ({ body: await archiveOf(context, parameters.archive) }),
  }),
  route({
    name: 'compare-archive',
    method: 'get',
    path: '/archives/{archive}/comparison',
    role: 'viewer',
    summary: 'What an archive would change, for a machine of a group or for a member, and how its certificates stand',
    query: 'comparison-query',
    response: 'archive-comparison',
    handle: async ({ membership }, { parameters, query }) => ({
      body: await membership.compareArchive(parameters.archive, query),
    }),
  }),
  route({
    name: 'show-archived-files',
    method: 'get',
    path: '/archives/{archive}/files',
    role: 'operator',
    summary: 'The files of a machine that left as they were before it first joined',
    response: 'archived-files',
    async handle(context, { parameters }) {
      const { id } = await archiveOf(context, parameters.archive);
      const { postfix } = (await context.machines.original(id)) ?? {};
      if (!postfix) return { body: { files: [] } };
      const { mainCf, masterCf } = livePaths(postfix.configDirectory);
      const files = [
        { path: mainCf, text: postfix.mainCf },
        { path: masterCf, text: postfix.masterCf },
      ];
      return { body: { files } };
    },
  }),
  route({
    name: 'delete-archive',
    method: 'delete',
    path: '/archives/{archive}',
    role: 'admin',
    summary: 'Delete an archive: what the machine had of its own is gone for good',
    response: 'nothing',
    async handle(context, { parameters }) {
      const { id, name } = await archiveOf(context, parameters.archive);
      await context.machines.removeArchive(id);
      return { body: undefined, object: `/archives/${id} (${name})` };
    },
  }),
];

async function archiveOf({ machines }: Context, id: string): Promise<Archive> {
  const archive = await machines.archive(id);
  if (archive) return archive;
  throw new NamedError('not-found', `there is no archive ${id}; see "signet archive list"`);
}
