/** What is wrong with settings on one machine that runs Postfix. Names that lead nowhere are found by the configuration itself. */
import type { Finding } from '../../errors.ts';
import type { RenderInput } from '../platform.ts';
import { checkDestinations } from './check-destinations.ts';
import { checkInbound } from './check-inbound.ts';
import { checkListeners } from './check-listeners.ts';
import { checkOutbound } from './check-outbound.ts';
import { atLeast } from './version.ts';

export function check({ machine, settings, facts }: RenderInput): readonly Finding[] {
  const { postfix } = facts;
  if (!postfix) return [];
  const found = atLeast(postfix.version, 3, 5)
    ? [
        ...checkListeners(settings, facts, postfix),
        ...checkInbound(settings, postfix),
        ...checkProtocols(settings, postfix.version),
        ...checkDestinations(settings, postfix),
        ...checkOutbound(settings, facts, postfix),
      ]
    : [
        {
          pointer: '/listeners',
          detail: `Postfix ${postfix.version} is too old, as Signet needs 3.5 or later; upgrade Postfix on the machine`,
        },
      ];
  return found.map((finding) => ({ machine, ...finding }));
}

/** Postfix before 3.6 may be linked with an OpenSSL that knows no TLS 1.3; from 3.6 on it needs one that does. */
function checkProtocols({ protocols }: RenderInput['settings'], version: string): readonly Finding[] {
  if (atLeast(version, 3, 6)) return [];
  return (['inbound', 'outbound'] as const)
    .filter((direction) => protocols[direction].minimum === 'TLSv1.3')
    .map((direction) => ({
      pointer: `/protocols/${direction}/minimum`,
      detail: `Postfix ${version} cannot promise TLSv1.3 as the lowest version, only 3.6 and later can; choose TLSv1.2 or upgrade Postfix on the machine`,
    }));
}
