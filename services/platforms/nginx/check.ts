/** What is wrong with HTTPS on one machine: no nginx, an address it does not have, or one that another server listens on. */
import type { Finding } from '../../errors.ts';
import { pointer } from '../../schema/pointer.ts';
import type { Facts } from '../../schema/types.generated.ts';
import type { RenderInput } from '../platform.ts';
import { settingsPath } from './render.ts';
import { canonicalListen, listens, placeOf, servers, type Server } from './servers.ts';

export function check({ machine, settings, facts }: RenderInput): readonly Finding[] {
  const wanted = servers(settings);
  return wanted
    .flatMap((server, index) =>
      facts.nginx ? checkServer(server, wanted.slice(0, index), facts) : [finding(server, lacking(facts))],
    )
    .map((one) => ({ machine, ...one }));
}

function finding({ name }: Server, detail: string): Finding {
  return { pointer: pointer(placeOf(name).split('/')), detail };
}

/** Facts without `reloads` are of a script that did not look for nginx. */
function lacking({ reloads }: Facts): string {
  return reloads
    ? 'the machine runs no nginx; install and start it, then probe the machine, or unset this there'
    : 'it is not known yet whether the machine runs nginx; roll out once, so that its script is replaced, then probe the machine';
}

function checkServer(server: Server, others: readonly Server[], facts: Facts): readonly Finding[] {
  const { address, port } = server;
  if (address !== 'all' && !facts.addresses.includes(address)) {
    return [finding(server, `${address} is not an address of this machine; it has ${facts.addresses.join(', ')}`)];
  }
  const mine = listens(server, facts);
  const foreign = new Set((facts.nginx?.listens ?? []).map(canonicalListen));
  const taken = mine.find((one) => foreign.has(one));
  if (taken !== undefined) {
    return [
      finding(
        server,
        `another server of nginx listens on ${taken} already; take it out of nginx's settings there and probe the machine, or choose another port than ${port}`,
      ),
    ];
  }
  const same = others.find((other) => listens(other, facts).some((one) => mine.includes(one)));
  return same
    ? [
        finding(
          server,
          `${pointer(placeOf(same.name).split('/'))} has the same address and port in ${settingsPath}; choose another port`,
        ),
      ]
    : [];
}
