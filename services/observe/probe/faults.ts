/** What comes of it when a server ends a conversation: said with every fault, so that nobody needs to know SMTP to read it. */
import type { FaultKind } from '../../conversation/peer-fault.ts';

/** What follows, for whoever sends mail there or looks something up. */
export const consequences: Readonly<Record<FaultKind, string>> = {
  'not-found': 'peers cannot find it either',
  'port-closed': 'start the service, or correct the port',
  unreachable: 'check the route and the firewall between',
  stalled: 'peers give up as well, and try again later',
  closed: 'peers try again later',
  flood: 'this is no server that peers could talk to',
  'turned-away': 'this client is not let in: peers may be, so look again from another address',
  'not-smtp': 'something else listens there, or stands in between',
  'not-esmtp': 'without extensions there is no TLS: mail goes in clear, or waits where TLS is required',
  'not-ldap': 'something else listens there, or stands in between',
  'not-offered': 'mail goes in clear, or waits where TLS is required',
  'starttls-refused': 'mail goes in clear, or waits where TLS is required',
  injected: 'look for what stands between, and do not trust this connection',
  'not-tls': 'something else listens there, or stands in between',
  alert: 'no TLS comes about, so mail waits; look at its log for the reason',
  'no-shared-protocol': 'no TLS comes about, so mail waits',
  handshake: 'no TLS comes about, so mail waits; look at its log for the reason',
  refused: 'mail would not be taken from this client',
};
