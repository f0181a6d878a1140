/** Reads both sides of a machine that was left alone: what it has, and what the configuration has for it. */
import { isNamed } from '../errors.ts';
import { edit } from '../platforms/postfix/edit.ts';
import { edits as postfixEdits, type Edit } from '../platforms/postfix/drift.ts';
import { editMainCf } from '../platforms/postfix/main-cf.ts';
import { ownMaterial, together } from '../platforms/postfix/present/own-material.ts';
import { ownedSettings, readPresent, type Present } from '../platforms/postfix/present/present.ts';
import type { Material } from '../platforms/postfix/present/sources.ts';
import { mainCfPlace } from '../platforms/postfix/present/words.ts';
import type { Examined } from '../push/contract.ts';
import { livePaths } from '../push/plan.ts';
import type { Facts, Manifest, Registration } from '../schema/types.generated.ts';
import type { Bootstrap } from './contract.ts';
import type { MembershipDeps } from './deps.ts';
import { findMaterial } from './found.ts';
import type { Sides } from './reconnect.ts';

export interface Looked {
  /** The head that it was held against, and the revision since which its changes are shown. */
  readonly revision: number;
  readonly since: number | undefined;
  readonly examined: Examined;
  readonly original: Facts;
  readonly sides: Sides;
}

export function readingSides(
  deps: MembershipDeps,
): (registration: Registration, bootstrap: Bootstrap | undefined, keep: boolean) => Promise<Looked> {
  const { config, machines, push } = deps;
  return look;

  /** `keep`: the certificates that are read are stored. */
  async function look(registration: Registration, bootstrap: Bootstrap | undefined, keep: boolean): Promise<Looked> {
    const { id, name, disconnected } = registration;
    const revision = (await config.head()).number;
    const examined = await push.examine(name);
    const { facts, asFound, deployed } = examined;
    const original = (await machines.original(id)) ?? facts;
    const read = bootstrap && facts.postfix ? await material(registration, bootstrap, facts.postfix, keep) : nothing;
    const edits = editsOf(examined);
    const { deployed: recorded, wanted: sent } = await push.status(name);
    const has = [recorded, sent].find((one) => one?.digest === deployed.digest) ?? recorded;
    const given = examined.current ? revision : (has?.revision ?? disconnected?.revision);
    const before = given === undefined ? undefined : await settingsAt(name, given);
    return {
      ...{ revision, examined, original, since: before && given },
      sides: {
        ...{ before, head: (await config.effective(name, revision)).settings },
        live: present(facts, together(read, ownMaterial(deployed))),
        unedited: present(
          asFound ? withoutEdits(facts, edits) : written(examined, deployed, original),
          ownMaterial(deployed),
        ),
        ...{ edits, open: examined.open, found: disconnected?.found },
        owned: facts.postfix ? ownedSettings(facts.postfix) : {},
      },
    };
  }

  async function settingsAt(machine: string, revision: number) {
    try {
      return (await config.effective(machine, revision)).settings;
    } catch (error) {
      // A controller that took over has no revisions from before that.
      if (isNamed(error, 'not-found')) return undefined;
      throw error;
    }
  }

  async function material(
    { host, port, hostKey }: Registration,
    bootstrap: Bootstrap,
    postfix: NonNullable<Facts['postfix']>,
    keep: boolean,
  ): Promise<Material> {
    const connection = await deps.ssh.connect({ host, port }, bootstrap, hostKey);
    try {
      return (await findMaterial(deps, connection, bootstrap, { postfix }, keep)).material;
    } finally {
      connection.close();
    }
  }
}

/** What would be read of it once it has been given this. */
export function readAfter({ examined, original }: Looked, wanted: Manifest): Present {
  return present(written(examined, wanted, original), ownMaterial(wanted));
}

const nothing: Material = { certificates: new Map(), bundles: new Map(), tables: new Map(), faults: new Map() };

/** With the settings that they are about, where Postfix knows them. */
function editsOf({ facts, deployed, asFound, edits }: Examined): readonly Edit[] {
  if (asFound) return edits;
  const known = new Map(postfixEdits(facts, deployed).map((one) => [one.detail, one]));
  return edits.map((one) => known.get(one.detail) ?? one);
}

function present(facts: Facts, material: Material): Present {
  return facts.postfix ? readPresent(facts, facts.postfix, material) : { layer: {}, settings: [] };
}

/** The machine as it is once a manifest has been written to it. */
function written({ facts, deployed, asFound }: Examined, wanted: Manifest, original: Facts): Facts {
  const { postfix } = facts;
  if (!postfix) return facts;
  const { files } = edit(facts, wanted, asFound ? undefined : deployed, original);
  const { mainCf, masterCf } = livePaths(postfix.configDirectory);
  const text = (path: string, otherwise: string) => files.find((file) => file.path === path)?.after ?? otherwise;
  return {
    ...facts,
    postfix: { ...postfix, mainCf: text(mainCf, postfix.mainCf), masterCf: text(masterCf, postfix.masterCf) },
  };
}

/** main.cf with the values back that were found: what is gone from it is needed for what it meant. */
function withoutEdits(facts: Facts, edits: readonly Edit[]): Facts {
  const { postfix } = facts;
  if (!postfix) return facts;
  const wanted = Object.fromEntries(
    edits.flatMap(({ setting }) => (setting?.place === mainCfPlace ? [[setting.name, setting.was]] : [])),
  );
  const { mainCf } = postfix;
  return {
    ...facts,
    postfix: { ...postfix, mainCf: editMainCf({ live: mainCf, original: mainCf, wanted, previous: {} }) },
  };
}
