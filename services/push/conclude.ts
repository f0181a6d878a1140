/** What an answer of a gateway, and what was seen from outside, make of a push. Pure. */
import type { Facts, Manifest, Outcome } from '../schema/types.generated.ts';
import type { Answer } from './answer.ts';
import { after, type Plan } from './plan.ts';
import type { Served } from './probe.ts';

export interface Delivery {
  readonly state: Exclude<Outcome['state'], 'waiting' | 'pushing' | 'skipped'>;
  readonly detail?: string;
  /** The manifest that is live afterwards, when that is known. */
  readonly deployed?: Manifest;
  readonly facts?: Facts;
  readonly generation?: number;
  /** The epoch that the gateway has recorded with this push. */
  readonly epoch?: number;
  /** Set when the gateway was found in an earlier state than is on record, and was left so. */
  readonly setBack?: boolean;
  readonly served: readonly Served[];
  readonly drift?: readonly string[];
}

/** `done` is what was sent; without it the facts are as they were read afterwards. */
export function conclude(
  answer: Answer,
  { facts }: { readonly facts: Facts },
  wanted: Manifest,
  done: Plan | undefined,
  served: readonly Served[],
): Delivery {
  switch (answer.kind) {
    case 'unchanged': {
      const bad = disproof(served);
      return {
        state: bad === '' ? 'unchanged' : 'unproven',
        ...(bad === '' ? {} : { detail: bad }),
        deployed: wanted,
        served,
      };
    }
    case 'confirmed': {
      const proven = served.length > 0 && served.every(({ verdict }) => verdict === 'match');
      return {
        state: proven ? 'confirmed' : 'unproven',
        ...(proven ? {} : { detail: disproof(served) || 'it is live, but no probe from outside has proven it' }),
        deployed: wanted,
        facts: done ? after(facts, done) : facts,
        generation: answer.generation,
        served,
      };
    }
    case 'reverted':
      return {
        state: 'reverted',
        detail: whyReverted(answer.reason, served),
        generation: answer.generation,
        served: [],
      };
    case 'refused':
      return { state: 'refused', detail: `${answer.code}: ${answer.detail}`, served: [] };
    case 'activated':
    case 'unknown':
      return lost(served);
  }
}

/** The answer was lost and could not be had later, for the reason that is given. */
export function lost(served: readonly Served[], reason = ''): Delivery {
  return {
    state: 'unknown',
    detail: `the answer was lost, and the gateway has not said since how it ended${reason === '' ? '' : `: ${reason}`}`,
    served,
  };
}

/** The gateway's own reason comes first, unless it only did as it was told after a probe had failed. */
function whyReverted(reason: string, served: readonly Served[]): string {
  const bad = disproof(served);
  if (bad === '') return reason;
  return reason === 'as asked' ? bad : `${reason}; ${bad}`;
}

/** In words, what each listener served that was not what was sent; empty when nothing did. */
function disproof(served: readonly Served[]): string {
  return served
    .filter(({ verdict }) => verdict !== 'match' && verdict !== 'unproven')
    .map(({ listener, address, port, detail }) => `${listener} on ${address}:${port}: ${detail}`)
    .join('; ');
}
