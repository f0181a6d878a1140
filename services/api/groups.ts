/** Groups and their members at the head. They are made, deleted and moved into through operations of a draft. */
import { compareNames } from '../machines/names.ts';
import { route, type Route } from './route.ts';

export const groupRoutes: readonly Route[] = [
  route({
    name: 'list-groups',
    method: 'get',
    path: '/groups',
    role: 'viewer',
    summary: 'Every group and its members',
    response: 'group-list',
    async handle({ config }) {
      const { number } = await config.head();
      const { groups, machines } = await config.configuration(number);
      const members = (group: string) =>
        Object.entries(machines).flatMap(([machine, entry]) => (entry.group === group ? [machine] : []));
      const list = Object.entries(groups).map(([name, group]) => ({
        name,
        ...group,
        machines: members(name).sort(compareNames),
      }));
      return { body: { groups: list.sort((a, b) => (a.name < b.name ? -1 : 1)) } };
    },
  }),
];
