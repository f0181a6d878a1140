/** Saves: everything a controller is, at one revision, as a configuration file. */
import type { AuditService } from '../audit/service.ts';
import type { ConfigService } from '../config/service.ts';
import { isNamed, NamedError } from '../errors.ts';
import type { MachineService } from '../machines/service.ts';
import type { AuthorityService } from '../pki/authority/contract.ts';
import type { PkiService } from '../pki/service.ts';
import type { SshKey } from '../push/ssh.ts';
import type { Configuration, Revision } from '../schema/types.generated.ts';
import type { SaveOptions } from './contract.ts';
import { packed, type Past } from './history.ts';
import { lock } from './lock.ts';
import { version } from './migrate.ts';
import { keysOf } from './open.ts';
import { select, type Selected } from './parts/select.ts';
import { bindingsOf, references, type References } from './references.ts';
import { leftOut, sealed, type Rest } from './sealed.ts';
import { textOf } from './size.ts';

export interface SaveDeps {
  readonly config: Pick<ConfigService, 'head' | 'revision' | 'configuration' | 'history'>;
  readonly machines: Pick<MachineService, 'list' | 'archives' | 'original'>;
  readonly pki: Pick<PkiService, 'demonstration' | 'keyPem' | 'chain' | 'bundle'>;
  readonly authorities: Pick<AuthorityService, 'records'>;
  readonly audit: Pick<AuditService, 'trail'>;
  readonly sshKey: () => Promise<SshKey>;
  readonly epoch: () => Promise<number>;
  readonly now: () => Date;
}

/** The text of the file. Throws `precondition-failed` for one that would be too large to load. */
export async function save(deps: SaveDeps, options: SaveOptions): Promise<string> {
  const { config, pki, now } = deps;
  const { revision, passphrase } = options;
  const { number, author, time, comment, rollout } = await (revision === undefined
    ? config.head()
    : config.revision(revision));
  const configuration = await config.configuration(number);
  const head: Head = {
    signet: version,
    saved: now().toISOString(),
    revision: number,
    ...(number === 0 ? {} : { committed: { author, time, comment, rollout } }),
  };
  const { levels = [], certificates = [] } = options;
  const isWhole = levels.length === 0 && certificates.length === 0;
  if (!isWhole && options.history) throw noHistoryOfParts();
  const { rest, keys, sshKey } = isWhole
    ? await whole(deps, head, configuration, options.history ? pastOf(deps, number) : undefined)
    : await part(deps, head, select(configuration, { levels, certificates }));
  if (passphrase === undefined) return textOf({ ...rest, secrets: leftOut(rest) });
  const inside = { keys: await byId(keys, (id) => pki.keyPem(id)), ...(sshKey === undefined ? {} : { sshKey }) };
  return textOf({ ...rest, secrets: await lock(sealed(rest, inside), passphrase) });
}

type Head = Pick<Rest, 'signet' | 'saved' | 'revision' | 'committed'>;

/** A file but for its secrets, and what those are. */
interface Unlocked {
  readonly rest: Rest;
  readonly keys: readonly string[];
  readonly sshKey?: string;
}

async function whole(
  deps: SaveDeps,
  head: Head,
  configuration: Configuration,
  past: AsyncIterable<Past> | undefined,
): Promise<Unlocked> {
  const { machines, pki, authorities } = deps;
  const archives = [...(await machines.archives())].sort((a, b) => (a.id < b.id ? -1 : 1));
  const demonstration = await pki.demonstration('');
  const needed = references(configuration, archives, demonstration);
  const carried = await authorities.records();
  const { privateKey, publicKey } = await deps.sshKey();
  // Those that left, too, as long as they are to be recognised or still have something of Signet's on them.
  const ids = new Set([...Object.values(configuration.machines), ...archives].map(({ id }) => id));
  const registrations = (await machines.list()).filter(({ id, unfinished }) => ids.has(id) || unfinished !== undefined);
  const originals = await originalsOf(machines, [...registrations, ...archives]);
  const revisions = past && (await packed(past));
  const named = revisions && bindingsOf(revisions);
  const older = named ? await stillThere(pki, named) : { keys: [], chains: {}, bundles: {} };
  const history = revisions && { ...revisions, ...goneFrom(named, older) };
  const referredTo = await referred(pki, needed);
  const rest: Rest = {
    ...head,
    controller: { publicKey, epoch: await deps.epoch(), demonstration },
    configuration,
    registrations,
    ...(Object.keys(originals).length > 0 ? { originals } : {}),
    ...(history ? { history, trail: await deps.audit.trail() } : {}),
    chains: { ...older.chains, ...referredTo.chains },
    bundles: { ...older.bundles, ...referredTo.bundles },
    ...(archives.length > 0 ? { archives } : {}),
    ...(carried.authorities.length > 0 ? carried : {}),
  };
  return { rest, keys: [...new Set([...needed.keys, ...keysOf(carried), ...older.keys])], sshKey: privateKey };
}

/** Neither the controller's own key nor how machines are reached: whoever is given a part logs in nowhere. */
async function part(deps: SaveDeps, head: Head, { configuration, parts }: Selected): Promise<Unlocked> {
  const { pki, sshKey, epoch } = deps;
  const needed = references(configuration, []);
  const { publicKey } = await sshKey();
  const rest: Rest = {
    ...head,
    controller: { publicKey, epoch: await epoch(), demonstration: await pki.demonstration('') },
    parts,
    configuration,
    registrations: [],
    ...(await referred(pki, needed)),
  };
  return { rest, keys: needed.keys };
}

/** The revisions before `number`, oldest first. */
async function* pastOf({ config }: SaveDeps, number: number): AsyncGenerator<Past> {
  const revisions: Revision[] = [];
  for (let before = number; before > 1;) {
    const page = (await config.history({ before, limit: 100 })).filter((one) => one.number > 0);
    if (page.length === 0) break;
    revisions.push(...page);
    before = page.at(-1)?.number ?? 0;
  }
  for (const revision of revisions.reverse())
    yield { revision, configuration: await config.configuration(revision.number) };
}

/** What the past names and is not gone since, such as a key that was purged. */
async function stillThere(pki: SaveDeps['pki'], { keys, chains, bundles }: References) {
  const had = async <T>(ids: readonly string[], read: (id: string) => Promise<T>) =>
    Object.fromEntries(
      (await Promise.all(ids.map(async (id) => [id, await read(id).catch(gone)] as const))).flatMap(([id, found]) =>
        found === undefined ? [] : [[id, found] as const],
      ),
    ) as Record<string, Awaited<T>>;
  return {
    keys: Object.keys(await had(keys, (id) => pki.keyPem(id))),
    chains: await had(chains, (id) => pki.chain(id)),
    bundles: await had(bundles, (id) => pki.bundle(id)),
  };
}

/** Said in the file, so that nobody takes it for a save that lost something. */
function goneFrom(named: References | undefined, there: Awaited<ReturnType<typeof stillThere>>) {
  const gone = {
    keys: (named?.keys ?? []).filter((id) => !there.keys.includes(id)),
    chains: (named?.chains ?? []).filter((id) => !Object.hasOwn(there.chains, id)),
    bundles: (named?.bundles ?? []).filter((id) => !Object.hasOwn(there.bundles, id)),
  };
  return Object.values(gone).every(({ length }) => length === 0) ? {} : { gone };
}

function gone(error: unknown): undefined {
  if (!isNamed(error, 'not-found')) throw error;
}

function noHistoryOfParts(): NamedError {
  return new NamedError(
    'invalid-input',
    'parts of a configuration have no history of their own; save the whole with it',
  );
}

async function referred(pki: SaveDeps['pki'], { chains, bundles }: References) {
  return {
    chains: await byId(chains, (id) => pki.chain(id)),
    bundles: await byId(bundles, (id) => pki.bundle(id)),
  };
}

/** Also of a machine that was forgotten but for its archive. */
async function originalsOf(machines: SaveDeps['machines'], known: readonly { readonly id: string }[]) {
  const found = await Promise.all(known.map(async ({ id }) => [id, await machines.original(id)] as const));
  return Object.fromEntries(found.flatMap(([id, facts]) => (facts ? [[id, facts] as const] : [])));
}

async function byId<T>(ids: readonly string[], read: (id: string) => Promise<T>): Promise<Record<string, T>> {
  return Object.fromEntries(await Promise.all(ids.map(async (id) => [id, await read(id)] as const)));
}
