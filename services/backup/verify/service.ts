/**
 * Proves that a configuration file restores, by restoring it: into a store of its own in a temporary folder, sealed under a
 * master key that nobody keeps. The only file here that touches a store.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { configService, type ConfigService } from '../../config/service.ts';
import { NamedError } from '../../errors.ts';
import { compareNames } from '../../machines/names.ts';
import { machineService, type MachineService } from '../../machines/service.ts';
import { authorityService } from '../../pki/authority/service.ts';
import { pkiService } from '../../pki/service.ts';
import type { Platform } from '../../platforms/platform.ts';
import { contents } from '../../push/contents.ts';
import type { PushService } from '../../push/contract.ts';
import type {
  FileVerification,
  MachineVerification,
  Manifest,
  Registration,
  TakeOver,
} from '../../schema/types.generated.ts';
import { secretsService } from '../../secrets/service.ts';
import { embeddedStore } from '../../store/embedded.ts';
import type { Store } from '../../store/store.ts';
import { onRecord, unlessLeftAlone, verdict, type OnRecord } from './compare.ts';

export interface VerifyDeps {
  readonly config: ConfigService;
  readonly machines: MachineService;
  readonly push: Pick<PushService, 'statuses'>;
  readonly platforms: readonly Platform[];
  readonly now: () => Date;
}

export type Scratch = Awaited<ReturnType<typeof servicesOn>>;

/** `restore` takes the file over into the scratch controller. */
export async function verifyFile(
  deps: VerifyDeps,
  restore: (into: Scratch) => Promise<TakeOver>,
): Promise<FileVerification> {
  const folder = await mkdtemp(join(tmpdir(), 'signet-verify-'));
  try {
    const store = embeddedStore(join(folder, 'store.sqlite'));
    try {
      const scratch = await servicesOn(store, deps);
      const { saved, revision, certificates, trail } = await restore(scratch);
      const machines = await verdicts(deps, scratch, revision);
      return { saved, revision, certificates, machines, ...(trail ? { trail } : {}) };
    } finally {
      await store.close();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function servicesOn(store: Store, { platforms, now }: VerifyDeps) {
  const secrets = await secretsService({ store, masterKey: randomBytes(32) });
  const pki = pkiService({ store, secrets, now });
  const machines = machineService({ store });
  const config = configService({ store, pki, machines, platforms, now });
  return { store, secrets, pki, machines, config, authorities: authorityService({ store, secrets, pki, now }) };
}

async function verdicts(
  { config, machines, push }: VerifyDeps,
  { config: restored, machines: restoredMachines, pki }: Scratch,
  revision: number,
): Promise<readonly MachineVerification[]> {
  const known = await machines.list();
  const gone = new Set(known.flatMap(({ id, state }) => (state === 'left' ? [id] : [])));
  const here = new Map(known.filter(isMember).map((one) => [one.id, one]));
  const statuses = new Map((await push.statuses()).map((status) => [status.machine, status]));
  const roster = new Map(
    Object.entries((await restored.configuration(revision)).machines).map(([name, { id }]) => [id, name]),
  );
  const out: MachineVerification[] = [];
  for (const { id, name } of (await restoredMachines.list()).filter(isMember)) {
    const present = here.get(id);
    here.delete(id);
    roster.delete(id);
    if (gone.has(id)) {
      out.push({ machine: name, verdict: 'departed', detail: 'it left here, and a restore would have it as a member' });
      continue;
    }
    const status = present && statuses.get(present.name);
    const recorded = onRecord(status ?? { machine: name, served: [] }, present?.adopted);
    out.push(unlessLeftAlone(await verdictOf(name, present?.name ?? '', recorded), present?.disconnected));
  }
  for (const { id, name } of here.values()) {
    const detail = `it is a member here and ${roster.delete(id) ? 'only waits' : 'not'} in the file`;
    out.push({ machine: name, verdict: 'missing', detail });
  }
  for (const name of roster.values()) {
    out.push({
      machine: name,
      verdict: 'waiting',
      detail: 'its settings are restored, and it gets them when it joins',
    });
  }
  return out.sort((a, b) => compareNames(a.machine, b.machine));

  async function verdictOf(name: string, present: string, recorded: OnRecord): Promise<MachineVerification> {
    const manifest = await rendered(async () => {
      const whole = await restored.manifest(name, revision);
      await contents(whole.files, pki);
      return whole;
    });
    if (manifest instanceof NamedError) return { machine: name, verdict: 'cannot-render', detail: manifest.message };
    const { revision: of } = recorded;
    const before = of === undefined ? undefined : await rendered(() => config.manifest(present, of));
    return verdict(name, recorded, manifest, before instanceof NamedError ? undefined : before);
  }
}

function isMember({ state }: Registration): boolean {
  return state === 'member';
}

/** Why not, when it cannot be: an answer here. */
async function rendered(render: () => Promise<Manifest>): Promise<Manifest | NamedError> {
  try {
    return await render();
  } catch (error) {
    if (error instanceof NamedError) return error;
    throw error;
  }
}
