/** What a push to one machine starts from and works with. */
import type { ChainFacts } from '../pki/chain-facts.ts';
import type { Platform } from '../platforms/platform.ts';
import type { Facts, Manifest, Registration } from '../schema/types.generated.ts';
import type { Link } from './pool.ts';
import type { Reached } from './set-back.ts';

/** A machine as the controller knows it before the push. */
export interface Known {
  readonly registration: Registration;
  readonly facts: Facts;
  /** The digest the gateway is believed to have, `-` for none, and the manifest it belongs to when that is known. */
  readonly base: string;
  readonly deployed: Manifest | undefined;
  /** The manifest that was last sent: a controller that was killed may not have heard that it was confirmed. */
  readonly sent: Manifest | undefined;
  /** The facts from before Signet's first change. */
  readonly original: Facts;
  /** How far the gateway is known to have come; undefined where nothing is on record. */
  readonly reached: Reached | undefined;
  /** Whether a probe has seen it serve what it has, the last time one looked. */
  readonly proven: boolean;
}

export interface DeliverOptions {
  readonly epoch: number;
  readonly script: string;
  readonly windowSeconds: number;
  readonly probeSeconds: number;
  readonly overwriteDrift: boolean;
  /** Changes by hand, in words, that may be overwritten although others may not. */
  readonly decided?: readonly string[] | undefined;
}

export interface DeliverDeps {
  /** The machine's manifest, rendered for its facts as recorded. */
  readonly render: () => Promise<Manifest>;
  /** Records what the machine turned out to be. */
  readonly learn: (facts: Facts) => Promise<void>;
  readonly contents: (files: Manifest['files']) => Promise<ReadonlyMap<string, string>>;
  readonly chains: (ids: Iterable<string>) => Promise<ReadonlyMap<string, ChainFacts>>;
  readonly platforms: readonly Platform[];
  readonly link: () => Promise<Link>;
  /** Brings the gateway's script to this controller's, over a link that is then dropped. */
  readonly upgrade: (link: Link) => Promise<void>;
  /** The manifest with this digest that an earlier revision gives the machine, if one is found. */
  readonly recall: (digest: string) => Promise<Manifest | undefined>;
  readonly now: () => Date;
}

/** What is known as the push goes on: it may have to be read again. */
export interface Present extends Known {
  /** The digest that was confirmed last as far as is recorded, `-` for none. */
  readonly recorded: string;
}
