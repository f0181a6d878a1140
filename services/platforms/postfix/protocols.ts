/** Lowest TLS version and ciphers as main.cf parameters, for mandatory and opportunistic TLS alike. */
import type { ProtocolSettings } from '../../schema/types.generated.ts';
import { atLeast } from './version.ts';

/** `side` is the prefix of the parameters: smtpd for mail that comes in, smtp for mail that goes out. */
export function protocolParameters(
  side: 'smtpd' | 'smtp',
  { minimum, ciphers, exclude }: ProtocolSettings,
  version: string,
): Readonly<Record<string, string>> {
  const protocols = protocolRange(minimum, version);
  return {
    [`${side}_tls_protocols`]: protocols,
    [`${side}_tls_mandatory_protocols`]: protocols,
    [`${side}_tls_ciphers`]: ciphers,
    [`${side}_tls_mandatory_ciphers`]: ciphers,
    [`${side}_tls_exclude_ciphers`]: exclude.join(', '),
    [`${side}_tls_mandatory_exclude_ciphers`]: '',
    // One line a session, which names protocol, cipher and how far the peer was verified.
    [`${side}_tls_loglevel`]: '1',
  };
}

const oldestFirst = ['SSLv2', 'SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

/** A lower bound where Postfix knows them (3.6 and later), else the exclusion of everything older. */
function protocolRange(minimum: ProtocolSettings['minimum'], version: string): string {
  if (atLeast(version, 3, 6)) return `>=${minimum}`;
  return oldestFirst
    .slice(0, oldestFirst.indexOf(minimum))
    .map((protocol) => `!${protocol}`)
    .join(', ');
}
