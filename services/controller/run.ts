/** Runs the controller: opens the store, serves the API, leads when it can, and ends in order when it is told to. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';

import { serve } from '../api/server.ts';
import { apiService } from '../api/service.ts';
import { adminTokenFile } from '../schema/locations.ts';
import { packageVersion } from '../schema/version.ts';
import { compose } from './compose.ts';
import { lead } from './lead.ts';
import type { Options } from './options.ts';
import { announce, openState, unannounce, writePrivate } from './state.ts';
import { openStore } from './stores.ts';

/** What pushes get to end in; a machine that is unplugged takes longer, and its rollout is resumed like after a crash. */
const graceMilliseconds = 5_000;

/** Resolves once it was told to end, by SIGTERM or SIGINT, and has. */
export async function run(options: Options): Promise<void> {
  const logger = pino({ base: { program: 'signetd' } });
  const log = (event: string, facts: Readonly<Record<string, unknown>>) => logger.info(facts, event);
  const told = new AbortController();
  process.once('SIGTERM', () => told.abort());
  process.once('SIGINT', () => told.abort());

  openState(options.state);
  const store = await openStore(options);
  unannounce(options.state);
  const controller = await compose(options, store, process.env, log);
  const random = (size: number) => randomBytes(size);
  const token = await apiService({ store, now: controller.api.now, random }).firstAdminToken();
  const tokenPath = token === undefined ? undefined : writePrivate(options.state, adminTokenFile, token);

  let leading = false;
  const about = { version: packageVersion(), store: options.store.kind, leader: () => leading };
  const { host, port, tls } = options;
  const listener = await serve(
    { ...controller.api, random, log: logger, about },
    { host, port, ...(tls ? { tls } : {}) },
  );
  announce(options.state, listener.url);
  logger.info(
    {
      url: listener.url,
      state: options.state,
      store: options.store.kind,
      ...(tokenPath === undefined ? {} : { adminToken: tokenPath }),
    },
    'signetd is up',
  );

  const leadership = lead(controller.lead, (yes) => (leading = yes), told.signal);
  if (!told.signal.aborted) await once(told.signal, 'abort');
  logger.info({}, 'signetd is ending');
  unannounce(options.state);
  await listener.close();
  const left = await Promise.race([leadership, sleep(graceMilliseconds, 'pushes' as const, { ref: false })]);
  if (left) logger.info({}, 'pushes under way are left to the controller that leads next');
  await controller.close();
  // A gateway that does not answer would hold the process for as long as its window.
  if (left) process.exit();
}
