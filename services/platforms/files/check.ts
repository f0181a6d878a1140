/** What is wrong with what is to be delivered on one machine: paths that meet, and commands and addresses that it does not have. */
import type { Finding } from '../../errors.ts';
import { pointer } from '../../schema/pointer.ts';
import type { Facts } from '../../schema/types.generated.ts';
import { currentFiles, type RenderInput } from '../platform.ts';
import { deliveries, type Delivery } from './deliveries.ts';

export function check({ machine, settings, facts }: RenderInput): readonly Finding[] {
  const wanted = deliveries(settings);
  return [
    ...checkPaths(wanted),
    ...wanted.flatMap((delivery) => [...checkReload(delivery, facts), ...checkProbe(delivery, facts)]),
  ].map((finding) => ({ machine, ...finding }));
}

/** A link stands for one file; and what is below Signet's own folder is a file already. */
function checkPaths(wanted: readonly Delivery[]): readonly Finding[] {
  const taken = new Map<string, string>();
  return wanted.flatMap(({ place, service }) =>
    Object.entries<string>({ ...service.paths }).flatMap(([file, path]): readonly Finding[] => {
      const where = at(place, 'paths', file);
      const other = taken.get(path);
      taken.set(path, where);
      if (other !== undefined) {
        return [{ pointer: where, detail: `${path} is the path of ${other} already; choose another one` }];
      }
      if (path.startsWith(stateFolder)) {
        const own = `${currentFiles}${place}/${file}.pem`;
        return [
          {
            pointer: where,
            detail: `${path} is in Signet's own folder; point the service to ${own}, or choose another path`,
          },
        ];
      }
      return [];
    }),
  );
}

const stateFolder = '/var/lib/signet/';

/** Facts of a script that does not tell say nothing; the gateway then refuses what it does not have. */
function checkReload({ place, service: { reload } }: Delivery, { reloads }: Facts): readonly Finding[] {
  if (reload === undefined || !reloads || reloads.includes(reload)) return [];
  const detail = `the machine allows no command "${reload}"; its administrator must put it into /etc/signet/reload.d, owned by root, executable and writable by nobody else, and the machine must then be probed`;
  return [{ pointer: at(place, 'reload'), detail }];
}

function checkProbe({ place, service: { probe } }: Delivery, { addresses }: Facts): readonly Finding[] {
  const address = probe?.address;
  if (address === undefined || addresses.includes(address) || isLoopback(address)) return [];
  const detail = `${address} is not an address of this machine; it has ${addresses.join(', ')}`;
  return [{ pointer: at(place, 'probe'), detail }];
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

function at(place: string, ...path: readonly string[]): string {
  return pointer([...place.split('/'), ...path]);
}
