/** The configuration saved by itself: when, where, and what came of it. */
import { route, type Route } from './route.ts';

export const saveScheduleRoutes: readonly Route[] = [
  route({
    name: 'show-save-schedule',
    method: 'get',
    path: '/configuration-files/schedule',
    role: 'admin',
    summary: 'When and where the configuration is saved by itself, the files that are there, and what does not work',
    response: 'save-schedule-view',
    handle: async ({ schedule }) => ({ body: await schedule.show() }),
  }),
  route({
    name: 'set-save-schedule',
    method: 'post',
    path: '/configuration-files/schedule',
    role: 'admin',
    summary: 'Save the configuration by itself, to a directory here or on another host; or change when and where',
    request: 'save-schedule-request',
    response: 'save-schedule-view',
    handle: async ({ schedule }, { caller, body }) => ({ body: await schedule.set(caller.name, body) }),
  }),
  route({
    name: 'end-save-schedule',
    method: 'delete',
    path: '/configuration-files/schedule',
    role: 'admin',
    summary: 'Save nothing by itself any more; the files stay, and the passphrase is forgotten here',
    response: 'nothing',
    async handle({ schedule }) {
      await schedule.off();
      return { body: undefined };
    },
  }),
  route({
    name: 'run-save-schedule',
    method: 'post',
    path: '/configuration-files/schedule/run',
    role: 'admin',
    summary: 'Save as scheduled, now: written, read back, restored aside, and older files removed',
    response: 'saved-file',
    async handle({ schedule }) {
      const body = await schedule.run();
      return { body, object: `/revisions/${body.revision}`, detail: body.name };
    },
  }),
];
