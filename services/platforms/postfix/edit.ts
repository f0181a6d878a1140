/** main.cf and master.cf changed to what a manifest wants, and how master(8) takes that change up without dying of it. */
import type { Facts, Manifest, PostfixFacts, PostfixIntent } from '../../schema/types.generated.ts';
import type { LiveChange } from '../platform.ts';
import { editMasterCf } from './edit-master-cf.ts';
import { isWildcard, overlap } from './endpoints.ts';
import { ledBack } from './led-back.ts';
import { editMainCf } from './main-cf.ts';
import { clashes, inetServices } from './master-cf.ts';
import { tableParameter, withoutOwnTable, withOwnTable } from './transport-maps.ts';
import { transportPath } from './transports.ts';
import { atLeast } from './version.ts';

const nothing: PostfixIntent = { parameters: {}, services: [] };

export function edit(live: Facts, wanted: Manifest, previous: Manifest | undefined, original: Facts): LiveChange {
  const postfix = live.postfix;
  if (!postfix) return { files: [], activation: 'reload', binds: [] };
  const before = original.postfix ?? postfix;
  const intent = wanted.postfix ?? nothing;
  const old = previous?.postfix ?? nothing;
  const transports = intent.transports ?? [];
  // Of a machine that left and is back. Its table goes in any case, as the services that it leads to do.
  const back = new Set([...wanted.files.map(({ path }) => path), transportPath]);
  const owners = withoutOwnTable(ledBack(postfix.mainCf, back));
  const edited = editMainCf({
    live: owners,
    original: before.mainCf,
    wanted: { ...intent.parameters, ...(transports.length > 0 ? tableParameter(owners) : {}) },
    previous: old.parameters,
  });
  const mainCf = transports.length > 0 ? withOwnTable(edited) : edited;
  const masterCf = editMasterCf({
    live: { ...postfix, masterCf: ledBack(postfix.masterCf, back) },
    original: before,
    wanted: intent.services,
    previous: old.services,
    transports,
  });
  return {
    files: [
      { path: `${postfix.configDirectory}/main.cf`, before: postfix.mainCf, after: mainCf },
      { path: `${postfix.configDirectory}/master.cf`, before: postfix.masterCf, after: masterCf },
    ],
    activation: survivesReload(postfix, masterCf) ? 'reload' : 'restart',
    binds: binds(postfix, intent),
  };
}

/**
 * On reload master(8) binds new services before it closes old ones (master_conf.c). From Postfix 3.6 on its sockets share a port
 * (SO_REUSEPORT, HISTORY 20200425); before, it dies when a service that is new to it overlaps one that goes.
 */
function survivesReload(live: PostfixFacts, masterCf: string): boolean {
  if (atLeast(live.version, 3, 6)) return true;
  const before = inetServices(live.masterCf, live);
  const after = inetServices(masterCf, live);
  const gone = before.filter(({ key }) => !after.some((other) => other.key === key));
  const added = after.filter(({ key }) => !before.some((other) => other.key === key));
  return !added.some((one) => gone.some((other) => overlap(one.endpoints, other.endpoints)));
}

/** What nothing in the present master.cf listens on, in whole or in part: only that can be tried while Postfix runs. */
function binds(live: PostfixFacts, { services }: PostfixIntent): LiveChange['binds'] {
  const before = inetServices(live.masterCf, live);
  return services
    .filter((service) => !before.some((inet) => clashes(inet, service, live)))
    .map(({ address, port }) => ({ address: isWildcard(address) ? 'all' : address, port }));
}
