/** Why TLS did not come about, by what smtp(8) says in a delivery's status. Pure. */
import type { MailSession } from '../../schema/types.generated.ts';

export type Failure = NonNullable<MailSession['failure']>;

/** What Postfix itself says; a server's words stand behind `host ... said:`, so none can be taken for it. */
const words: readonly (readonly [RegExp, Failure])[] = [
  // A server that knows no EHLO offers nothing either (smtp_proto.c, smtp_helo).
  [/^TLS is required, but was not offered by host /, 'not-offered'],
  [/^TLS is required, but host \S+ refused to start TLS: /, 'refused'],
  [/^Cannot start TLS: /, 'handshake'],
  [/^Server certificate not (verified|trusted)/, 'verification'],
  [
    /^(non DNSSEC destination|TLSA lookup error for |no TLSA records found|TLSA records unusable|empty DANE match list)/,
    'dane',
  ],
  [
    /^(TLS is required, but our TLS engine is unavailable|client TLS configuration problem|TLS policy lookup )/,
    'gateway',
  ],
];

/** Undefined when the status is about something else. */
export function failureIn(text: string): Failure | undefined {
  return words.find(([pattern]) => pattern.test(text))?.[1];
}
