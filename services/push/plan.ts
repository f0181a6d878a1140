/** What has to happen on one machine so that it has what its manifest says: nothing, where it already has it. */
import { createHash } from 'node:crypto';

import type { LiveChange } from '../platforms/platform.ts';
import { canonicalJson } from '../schema/json.ts';
import type { Facts, Manifest } from '../schema/types.generated.ts';

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
  if (wanted.digest === base && live.length === 0) return { ...common, files: [], live: [], steps: [] };

  const old = new Map(deployed?.files.map((file) => [file.path, canonicalJson(file.parts)]));
  const changed = wanted.files.filter((file) => old.get(file.path) !== canonicalJson(file.parts));
  const sameFiles = changed.length === 0 && old.size === wanted.files.length;
  const activate = live.length > 0 ? change.activation : sameFiles ? 'none' : 'reload';
  return {
    ...common,
    files: wanted.files,
    live: live.map(({ path, after }) => ({ path, text: after })),
    steps: [
      ...live.map(({ path, before, after }) => `live ${path} ${sha256(before)} ${sha256(after)}`),
      ...changed.filter(({ parts }) => parts.some((part) => 'key' in part)).map(({ path }) => `key files/${path}`),
      ...wanted.files.flatMap(({ path, parts }) =>
        parts.flatMap((part) => ('system' in part ? [`system files/${path} ${part.system}`] : [])),
      ),
      ...(live.length > 0 ? ['postfix'] : []),
      ...change.binds.map(({ address, port }) => `bind ${address} ${port}`),
      `activate ${activate}`,
    ],
  };
}

/** The facts as they are once the plan has been carried out. */
export function after(facts: Facts, done: Plan): Facts {
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
