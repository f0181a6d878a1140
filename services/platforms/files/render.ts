/** From effective settings to the files of each service: certificate, chain, key, and key and chain in one. */
import type { ManifestFile, ProbeTarget, Settings } from '../../schema/types.generated.ts';
import type { Rendered, RenderInput } from '../platform.ts';
import { named } from '../reference.ts';
import { deliveries, type Delivery } from './deliveries.ts';

export function render({ settings }: RenderInput): Rendered {
  const wanted = deliveries(settings);
  return {
    files: wanted.flatMap((delivery) => files(delivery, settings)),
    probes: wanted.flatMap((delivery) => probe(delivery, settings)),
  };
}

/** All four are always there, so that a reader can be pointed to them without a link. */
function files({ place, service }: Delivery, { certificates }: Settings): readonly ManifestFile[] {
  const { paths, owner, group, mode, reload } = service;
  const { key, chain } = named(certificates, service.certificate, place, 'certificate');
  const secret = { owner, group, mode };
  const file = (name: keyof typeof paths, parts: ManifestFile['parts'], access: ManifestFile['access'] = forAll) => ({
    path: `${place}/${name}.pem`,
    parts,
    access,
    ...(paths[name] === undefined ? {} : { link: paths[name] }),
    reader: reload === undefined ? 'nobody' : `reload/${reload}`,
  });
  return [
    file('certificate', [{ leaf: chain }]),
    file('chain', [{ chain }]),
    file('combined', [{ key }, { chain }], secret),
    file('key', [{ key }], secret),
  ];
}

const forAll = { owner: 'root', group: 'root', mode: '0644' };

function probe({ place, service }: Delivery, { certificates }: Settings): readonly ProbeTarget[] {
  const { certificate, probe: at } = service;
  if (!at) return [];
  return [
    {
      listener: place,
      address: at.address ?? 'all',
      port: at.port,
      tls: 'implicit',
      serverName: at.serverName ?? '',
      chain: named(certificates, certificate, place, 'certificate').chain,
      from: at.from ?? 'controller',
    },
  ];
}
