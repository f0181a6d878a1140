/** What protocol settings that change mean for a session, from the protocol and cipher it had. Pure. */
import type { ProtocolSettings, SessionCount } from '../../schema/types.generated.ts';
import { isOffered } from './ciphers.ts';
import type { Effect, Fate } from './effect.ts';

/** Oldest first; what is not here is older. */
const versions: readonly string[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

/**
 * Both ends had the newest version that both know, so one below the lowest that is allowed then leaves none: `without` is what becomes
 * of such a message. Of a cipher that is not offered any more, the log does not say which others the other end knows.
 */
export function underProtocols(
  count: Pick<SessionCount, 'direction' | 'result' | 'protocol' | 'cipher'>,
  [before, after]: readonly [ProtocolSettings, ProtocolSettings],
  without: Fate | 'same',
): readonly Effect[] {
  const side = count.direction === 'in' ? 'inbound' : 'outbound';
  return [
    ...(rank(after.minimum) > rank(before.minimum)
      ? [{ place: ['protocols', side, 'minimum'], at: `without TLS below ${after.minimum}`, ...version() }]
      : []),
    ...(before.ciphers !== after.ciphers || before.exclude.join() !== after.exclude.join()
      ? [{ place: ['protocols', side], at: 'with fewer ciphers', ...cipher() }]
      : []),
  ];

  function version(): Pick<Effect, 'fate' | 'question'> {
    if (count.result === 'clear') return { fate: 'same' };
    if (count.protocol === undefined)
      return {
        fate: 'unknown',
        question: `would have had a version of TLS that is still allowed cannot be told, as theirs was not counted`,
      };
    return { fate: rank(count.protocol) < rank(after.minimum) ? without : 'same' };
  }

  function cipher(): Pick<Effect, 'fate' | 'question'> {
    if (count.result === 'clear' || count.protocol === 'TLSv1.3') return { fate: 'same' };
    if (count.cipher === undefined)
      return {
        fate: 'unknown',
        question: `would have had a cipher that is still offered cannot be told, as theirs was not counted`,
      };
    const [then, now] = [isOffered(count.cipher, before), isOffered(count.cipher, after)];
    // What a word means that says nothing here is the same as long as it is an old one.
    const isNew = now === 'unknown' && after.exclude.some((word) => !before.exclude.includes(word));
    if (now === 'yes' || (now === then && !isNew)) return { fate: 'same' };
    const what = now === 'no' ? 'is not' : 'may not be';
    const question = `would have gone over TLS cannot be told: they used ${count.cipher}, which ${what} offered any more, and the logs do not say which other ciphers the other end knows`;
    return { fate: 'unknown', question };
  }
}

function rank(version: string): number {
  return versions.indexOf(version);
}
