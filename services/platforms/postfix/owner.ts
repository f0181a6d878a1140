/** What the owner of a machine says about one of its services, in main.cf or on the service itself: it goes on counting. */
import type { PostfixFacts } from '../../schema/types.generated.ts';
import { listenerEndpoints, overlap } from './endpoints.ts';
import type { Entry } from './entry.ts';
import { valueIn } from './main-cf.ts';
import { carriesOptions, inetServices, isFor } from './master-cf.ts';
import { isSignets } from './service-options.ts';

export interface Owner {
  /** The values of a parameter, empty for one that is not set: one, or several where lines for the same service differ. */
  values(name: string): readonly string[];
}

/** The owner's word on the service of a listener on `address` and `port`, which need not be there yet. Files are read when it is asked. */
export function ownerOf(address: string, port: number, facts: PostfixFacts): Owner {
  let read: readonly Entry[] | undefined;
  return {
    values(name) {
      read ??= servicesFor(address, port, facts);
      const general = valueIn(facts.mainCf, name) ?? '';
      const said = read.map(
        ({ options }) => options.findLast((option) => option.name === name && !isSignets(option))?.value ?? general,
      );
      return said.length > 0 ? [...new Set(said)] : [general];
    },
  };
}

function servicesFor(address: string, port: number, facts: PostfixFacts): readonly Entry[] {
  const place = { address, port, options: {} };
  const all = inetServices(facts.masterCf, facts).filter(({ entry }) => entry.command === 'smtpd');
  const present = all.filter((inet) => isFor(inet, place, facts));
  // What is taken apart hands its options on to its parts.
  const endpoints = listenerEndpoints(address, port, facts);
  const replaced = all.filter((inet) => carriesOptions(inet) && overlap(inet.endpoints, endpoints));
  return (present.length > 0 ? present : replaced.slice(0, 1)).map(({ entry }) => entry);
}
