/** nginx, for the HTTPS service of interfaces: one file of its settings, and the certificates in it (docs/https.md). */
import type { Facts, Manifest } from '../../schema/types.generated.ts';
import type { LiveChange, Platform } from '../platform.ts';
import { check } from './check.ts';
import { render } from './render.ts';
import { canonicalListen } from './servers.ts';

export const nginx: Platform = {
  name: 'nginx',
  // Also where it is not: what is asked of a machine without nginx must be found at commit.
  found: () => true,
  check,
  render,
  edit: (live, wanted, previous) => ({ files: [], activation: 'reload', binds: binds(live, wanted, previous) }),
  // Its file is a link, and those are looked after as those of services are.
  drift: () => [],
};

/** What nginx does not listen on yet. A port that it has on any address is its own matter, as only that can be tried. */
function binds({ nginx: found }: Facts, wanted: Manifest, previous: Manifest | undefined): LiveChange['binds'] {
  const ports = new Set((found?.listens ?? []).map((one) => Number(canonicalListen(one).split(':').at(-1))));
  for (const { port } of served(previous)) ports.add(port);
  return served(wanted)
    .filter(({ port }) => !ports.has(port))
    .map(({ address, port }) => ({ address, port }));
}

function served(manifest: Manifest | undefined): Manifest['probes'] {
  return (manifest?.probes ?? []).filter(({ listener }) => listener.startsWith('interfaces/'));
}
