/** The smallest file that has a bit of everything: keys, a trust list, an authority, first files, an archive and history. */
import type { Operation } from '../../services/schema/types.generated.ts';
import { facts } from '../api/stand-ins.ts';
import { machineId } from '../config/surroundings.ts';
import { registration, type Surroundings } from './surroundings.ts';

/** Fills a controller with it. */
export async function furnishSparely({ config, machines, pki, authorities }: Surroundings): Promise<void> {
  const [own, gone] = await Promise.all(
    ['mx1', 'mx2'].map((name) => pki.create({ subject: { commonName: `${name}.example.test` }, key: 'ec-p256' })),
  );
  const set = (path: string, value: unknown): Operation => ({ op: 'set', level: 'cluster', path, value });
  await machines.put(registration(1, 'mx1'));
  await machines.putOriginal(machineId(1), facts);
  await machines.putArchive({
    ...{ id: machineId(2), name: 'mx2', group: 'main', left: '2026-11-01T00:00:00.000Z' },
    layer: { certificates: { mx: gone?.binding } },
  });
  await authorities.create('anna', { name: 'mail', subject: { commonName: 'CA' } });
  const layer = { interfaces: { main: { address: 'all', hostname: 'mx1.example.test' } } };
  const admit: Operation = { op: 'admit', machine: 'mx1', id: machineId(1), group: 'main', layer };
  await config.apply('anna', [admit, set('/certificates/mx', own?.binding)], { comment: 'first', rollout: true });
  await config.apply('anna', [set('/destinations', { 'example.test': { tls: 'required' } })], {
    ...{ comment: 'second', rollout: true },
  });
}
