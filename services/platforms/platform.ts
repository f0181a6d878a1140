/** The contract of a platform: what a gateway runs, as data and pure functions. CONTRIBUTING.md says how to add one. */
import type { Finding } from '../errors.ts';
import type { ChainFacts } from '../pki/chain-facts.ts';
import type { Facts, Manifest, ProbeTarget, Settings } from '../schema/types.generated.ts';

export interface RenderInput {
  readonly machine: string;
  readonly settings: Settings;
  readonly facts: Facts;
  /** Facts of every chain that the settings bind, by chain id. */
  readonly chains: ReadonlyMap<string, ChainFacts>;
}

/** The part of a manifest that one platform contributes. */
export interface Rendered {
  readonly files: Manifest['files'];
  readonly probes: readonly ProbeTarget[];
  readonly postfix?: Manifest['postfix'];
}

/** Where a daemon finds a file of the manifest: in the current generation (docs/gateway-protocol.md). */
export function currentPath(path: string): string {
  return `${currentFiles}${path}`;
}

/** What every path of a current generation's file begins with. */
export const currentFiles = '/var/lib/signet/current/files/';

/** Live files (outside the generation) as they are and as they should become; equal texts mean no change. */
export interface LiveFile {
  /** Absolute path, one of those the gateway script allows. */
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/** How a change of live files goes live. restart: a listening address changes in a way `reload` would not survive. */
export type Activation = 'reload' | 'restart';

/** What must change on one machine in the files that Signet shares with their owner. */
export interface LiveChange {
  readonly files: readonly LiveFile[];
  readonly activation: Activation;
  /** Addresses and ports that nothing of ours listens on yet; the gateway tries to bind them first. `all` or an IP address. */
  readonly binds: readonly { readonly address: string; readonly port: number }[];
  /** Paths where a link of the manifest should be and nothing is; none when left out. */
  readonly missing?: readonly string[];
}

export interface Platform {
  readonly name: string;

  /** Whether the machine runs it. */
  found(facts: Facts): boolean;

  /** What is wrong with these settings on this machine; `pointer` is into the settings. Called for every machine at commit. */
  check(input: RenderInput): readonly Finding[];

  /** What the machine must have. Same input, same output; called at diff, at commit and before a push. */
  render(input: RenderInput): Rendered;

  /**
   * The live files of the machine changed to what `wanted` asks for. Lines that Signet does not own stay byte for byte; what
   * `previous` owned and `wanted` no longer does goes back to `original` (the file before join), or away.
   */
  edit(live: Facts, wanted: Manifest, previous: Manifest | undefined, original: Facts): LiveChange;

  /**
   * In words, what was changed by hand in what `deployed` owns; empty when nothing was. What was changed to what `wanted`
   * asks for is no drift: someone has put it into Signet since.
   */
  drift(live: Facts, deployed: Manifest, wanted?: Manifest): readonly string[];
}
