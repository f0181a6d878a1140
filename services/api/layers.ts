/** The settings held at one level; they are changed through operations of a draft. */
import { NamedError } from '../errors.ts';
import type { LayerView, RevisionQuery } from '../schema/types.generated.ts';
import type { Context } from './deps.ts';
import { revisionTag } from './etag.ts';
import { route, type Reply, type Route } from './route.ts';

const shared = { method: 'get', role: 'viewer', query: 'revision-query', response: 'layer-view', etag: true } as const;

export const layerRoutes: readonly Route[] = [
  route({
    ...shared,
    name: 'show-cluster-layer',
    path: '/layers/cluster',
    summary: 'The settings held at cluster level',
    handle: (context, { query }) => show(context, 'cluster', query),
  }),
  route({
    ...shared,
    name: 'show-group-layer',
    path: '/layers/group/{group}',
    summary: 'The settings held by one group',
    handle: (context, { query, parameters }) => show(context, `group/${parameters.group}`, query),
  }),
  route({
    ...shared,
    name: 'show-machine-layer',
    path: '/layers/machine/{machine}',
    summary: 'The settings held by one machine',
    handle: (context, { query, parameters }) => show(context, `machine/${parameters.machine}`, query),
  }),
];

async function show({ config }: Context, level: string, query: RevisionQuery): Promise<Reply<LayerView>> {
  const revision = query.revision ?? (await config.head()).number;
  const { groups, machines, layers } = await config.configuration(revision);
  const [kind, name = ''] = level.split('/');
  if ((kind === 'group' && !Object.hasOwn(groups, name)) || (kind === 'machine' && !Object.hasOwn(machines, name))) {
    throw new NamedError('not-found', `there is no ${level} in revision ${revision}; see the list of ${kind}s`);
  }
  const layer = Object.hasOwn(layers, level) ? { ...layers[level] } : {};
  return { body: { level, revision, layer }, etag: revisionTag(revision) };
}
