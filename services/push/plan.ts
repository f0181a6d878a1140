/** What has to happen on one machine so that it has what its manifest says: nothing, where it already has it. */
import { createHash } from 'node:crypto';

import type { LiveChange } from '../platforms/platform.ts';
import { canonicalJson } from '../schema/json.ts';
import type { Facts, Manifest, ManifestFile } from '../schema/types.generated.ts';

export interface Plan {
  /** Digest of the wanted manifest, and of the one the gateway is believed to have; `-` for none. */
  readonly digest: string;
  readonly base: string;
  /** The live files as they are believed to be: the gateway refuses when they are not. */
  readonly believed: readonly { readonly path: string; readonly sha256: string }[];
  /** Files of the new generation; empty when the gateway is believed to have them. */
  readonly files: Manifest['files'];
  /** New texts of live files. */
  readonly live: readonly { readonly path: string; readonly text: string }[];
  /** The lines of the bundle's `plan` (docs/gateway-protocol.md); empty when there is nothing to do. */
  readonly steps: readonly string[];
}

/** What the plan starts from: the gateway's digest as believed, its manifest when known, and its live files. */
export interface Start {
  readonly base: string;
  readonly deployed: Manifest | undefined;
  readonly facts: Facts;
}

export function plan(wanted: Manifest, { base, deployed, facts }: Start, change: LiveChange): Plan {
  const common = { digest: wanted.digest, base, believed: believed(facts) };
  const live = change.files.filter(({ before, after }) => before !== after);
  const { missing = [] } = change;
  if (wanted.digest === base && live.length === 0 && missing.length === 0)
    return { ...common, files: [], live: [], steps: [] };

  const old = new Map(deployed?.files.map((file) => [file.path, canonicalJson(file)]));
  const changed = wanted.files.filter((file) => old.get(file.path) !== canonicalJson(file));
  const left = new Set(wanted.files.map(({ path }) => path));
  const gone = (deployed?.files ?? []).filter(({ path }) => !left.has(path));
  const concerned = [...changed, ...gone].some(({ reader }) => reader === undefined);
  const activate = live.length > 0 ? change.activation : concerned ? 'reload' : 'none';
  return {
    ...common,
    files: wanted.files,
    live: live.map(({ path, after }) => ({ path, text: after })),
    steps: [
      ...live.map(({ path, before, after }) => `live ${path} ${sha256(before)} ${sha256(after)}`),
      // A key without its certificate is in another file with it.
      ...changed.filter(holdsPair).map(({ path }) => `key files/${path}`),
      ...wanted.files.flatMap(({ path, parts }) =>
        parts.flatMap((part) => ('system' in part ? [`system files/${path} ${part.system}`] : [])),
      ),
      ...accesses(wanted.files),
      ...wanted.files.flatMap(({ path, link }) => (link === undefined ? [] : [`link ${link} files/${path}`])),
      ...reloads(changed),
      ...changed.filter(({ kind }) => kind === 'ldap').map(({ path }) => `ldap files/${path}`),
      ...nginxSteps(wanted, [...changed, ...gone]),
      ...(live.length > 0 ? ['postfix'] : []),
      ...change.binds.map(({ address, port }) => `bind ${address} ${port}`),
      `activate ${activate}`,
    ],
  };
}

function holdsPair({ parts }: ManifestFile): boolean {
  return parts.some((part) => 'key' in part) && parts.some((part) => 'chain' in part);
}

/** One line for all files that the same may read, as each costs the gateway two programs. */
function accesses(files: Manifest['files']): readonly string[] {
  const byAccess = new Map<string, string[]>();
  for (const { path, access } of files) {
    if (!access) continue;
    const who = `${access.owner} ${access.group} ${access.mode}`;
    byAccess.set(who, [...(byAccess.get(who) ?? []), `files/${path}`]);
  }
  return [...byAccess].map(([who, paths]) => `access ${who} ${paths.join(' ')}`);
}

/** Only who has new files is told: where they are gone, there is nothing to read. */
function reloads(changed: Manifest['files']): readonly string[] {
  const names = changed.flatMap(({ reader }) =>
    reader?.startsWith('reload/') ? [reader.slice('reload/'.length)] : [],
  );
  return [...new Set(names)].map((name) => `reload ${name}`);
}

/** nginx is told of what it reads, also where all of it goes; its settings are checked where there are any. */
function nginxSteps(wanted: Manifest, touched: Manifest['files']): readonly string[] {
  if (!touched.some(({ reader }) => reader === 'nginx')) return [];
  const settings = wanted.files.find(({ kind }) => kind === 'nginx');
  return [settings ? `nginx files/${settings.path}` : 'nginx'];
}

/** The facts as they are once the plan has been carried out. */
export function after(facts: Facts, done: Plan): Facts {
  const links = placed(done.files);
  return { ...afterPostfix(facts, done), ...(links ? { links } : {}) };
}

function placed(files: Manifest['files']): Facts['links'] {
  const links = files.flatMap(({ link }) => (link === undefined ? [] : [[link, 'placed'] as const]));
  return links.length === 0 ? undefined : Object.fromEntries(links);
}

function afterPostfix(facts: Facts, done: Plan): Facts {
  if (!facts.postfix) return facts;
  const { mainCf, masterCf } = livePaths(facts.postfix.configDirectory);
  const text = (path: string) => done.live.find((file) => file.path === path)?.text;
  return {
    ...facts,
    postfix: {
      ...facts.postfix,
      mainCf: text(mainCf) ?? facts.postfix.mainCf,
      masterCf: text(masterCf) ?? facts.postfix.masterCf,
    },
  };
}

export function livePaths(configDirectory: string): { readonly mainCf: string; readonly masterCf: string } {
  return { mainCf: `${configDirectory}/main.cf`, masterCf: `${configDirectory}/master.cf` };
}

function believed(facts: Facts): Plan['believed'] {
  if (!facts.postfix) return [];
  const { mainCf, masterCf } = livePaths(facts.postfix.configDirectory);
  return [
    { path: mainCf, sha256: sha256(facts.postfix.mainCf) },
    { path: masterCf, sha256: sha256(facts.postfix.masterCf) },
  ];
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
