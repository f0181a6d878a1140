/** That the controller is up: for load balancers, service managers and people who wonder. */
import type { SaveState } from '../backup/schedule/contract.ts';
import type { Health } from '../schema/types.generated.ts';
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
      const saves = savesIn(await schedule.state());
      return { body: { status: 'ok', version, revision: number, leader: about.leader(), store, ...saves } };
    },
  }),
];

function savesIn(state: SaveState): Pick<Health, 'saves'> {
  if (state.kind === 'none') return {};
  return { saves: state.problem ? 'failing' : state.overdue === undefined ? 'ok' : 'overdue' };
}
