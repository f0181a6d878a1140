/** What one change of settings would have made of messages that were counted, and the settings that it is told from. */
import type { Settings } from '../../schema/types.generated.ts';

/** As far as other settings say what TLS is demanded of mail. */
export type Demands = Pick<
  Settings,
  'destinations' | 'listeners' | 'mailFlowPolicies' | 'outbound' | 'protocols' | 'senderGroups' | 'trust'
>;

export interface Change {
  readonly before: Demands;
  readonly after: Demands;
}

/** Other than `same`, in words. lost: what the other end does without TLS is up to it. */
export const fates = {
  waits: 'would have waited',
  clear: 'would have gone in clear',
  either: 'would have waited or gone in clear',
  refused: 'would have been refused',
  lost: 'would have come in clear or not at all',
} as const;

export type Fate = keyof typeof fates;

export interface Effect {
  /** The setting that does it. */
  readonly place: readonly string[];
  /** Under what, in words: `at required`. */
  readonly at: string;
  readonly fate: Fate | 'same' | 'unknown';
  /** Goes with unknown: what is not known, why, and what to do about it; goes on from "whether 3 messages". */
  readonly question?: string;
}
