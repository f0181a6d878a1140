/** That the controller is up: for load balancers, service managers and people who wonder. */
import { route, type Route } from './route.ts';

export const healthRoutes: readonly Route[] = [
  route({
    name: 'show-health',
    method: 'get',
    path: '/health',
    atRoot: true,
    role: 'anyone',
    summary: 'That the controller is up, and what it is',
    response: 'health',
    async handle({ config, schedule, about }) {
      const { number } = await config.head();
      const { version, store } = about;
      const { kind } = await schedule.state();
      const saves = kind === 'none' ? {} : { saves: kind };
      return { body: { status: 'ok', version, revision: number, leader: about.leader(), store, ...saves } };
    },
  }),
];
