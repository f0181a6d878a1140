/** Saves: everything a controller is, at one revision, as a configuration file. */
import type { ConfigService } from '../config/service.ts';
import type { MachineService } from '../machines/service.ts';
import type { AuthorityService } from '../pki/authority/contract.ts';
import type { PkiService } from '../pki/service.ts';
import type { SshKey } from '../push/ssh.ts';
import type { ConfigurationFile } from '../schema/types.generated.ts';
import type { SaveOptions } from './contract.ts';
import { lock } from './lock.ts';
import { version } from './migrate.ts';
import { keysOf } from './open.ts';
import { references } from './references.ts';
import { leftOut, sealed, type Rest } from './sealed.ts';

export interface SaveDeps {
  readonly config: Pick<ConfigService, 'head' | 'revision' | 'configuration'>;
  readonly machines: Pick<MachineService, 'list' | 'archives' | 'original'>;
  readonly pki: Pick<PkiService, 'demonstration' | 'keyPem' | 'chain' | 'bundle'>;
  readonly authorities: Pick<AuthorityService, 'records'>;
  readonly sshKey: () => Promise<SshKey>;
  readonly epoch: () => Promise<number>;
  readonly now: () => Date;
}

/** The text of the file. */
export async function save(deps: SaveDeps, { revision, passphrase }: SaveOptions): Promise<string> {
  const { config, machines, pki, authorities, now } = deps;
  const { number, author, time, comment, rollout } = await (revision === undefined
    ? config.head()
    : config.revision(revision));
  const configuration = await config.configuration(number);
  const archives = [...(await machines.archives())].sort((a, b) => (a.id < b.id ? -1 : 1));
  const demonstration = await pki.demonstration('');
  const needed = references(configuration, archives, demonstration);
  const carried = await authorities.records();
  const { privateKey, publicKey } = await deps.sshKey();
  // Those that left, too, as long as they are to be recognised or still have something of Signet's on them.
  const ids = new Set([...Object.values(configuration.machines), ...archives].map(({ id }) => id));
  const registrations = (await machines.list()).filter(({ id, unfinished }) => ids.has(id) || unfinished !== undefined);
  const originals = await originalsOf(machines, [...registrations, ...archives]);
  const rest: Rest = {
    signet: version,
    saved: now().toISOString(),
    revision: number,
    ...(number === 0 ? {} : { committed: { author, time, comment, rollout } }),
    controller: { publicKey, epoch: await deps.epoch(), demonstration },
    configuration,
    registrations,
    ...(Object.keys(originals).length > 0 ? { originals } : {}),
    chains: await byId(needed.chains, (id) => pki.chain(id)),
    bundles: await byId(needed.bundles, (id) => pki.bundle(id)),
    ...(archives.length > 0 ? { archives } : {}),
    ...(carried.authorities.length > 0 ? carried : {}),
  };
  if (passphrase === undefined) return text({ ...rest, secrets: leftOut(rest) });
  const keys = await byId([...needed.keys, ...keysOf(carried)], (id) => pki.keyPem(id));
  return text({ ...rest, secrets: await lock(sealed(rest, { keys, sshKey: privateKey }), passphrase) });
}

function text(file: ConfigurationFile): string {
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** Also of a machine that was forgotten but for its archive. */
async function originalsOf(machines: SaveDeps['machines'], known: readonly { readonly id: string }[]) {
  const found = await Promise.all(known.map(async ({ id }) => [id, await machines.original(id)] as const));
  return Object.fromEntries(found.flatMap(([id, facts]) => (facts ? [[id, facts] as const] : [])));
}

async function byId<T>(ids: readonly string[], read: (id: string) => Promise<T>): Promise<Record<string, T>> {
  return Object.fromEntries(await Promise.all(ids.map(async (id) => [id, await read(id)] as const)));
}
