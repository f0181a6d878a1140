/** Whether an address stays on this machine: only there may the API speak plain HTTP. */
import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
// RFC 6890 table 1, RFC 4291 section 2.5.3; and the second mapped into the first (RFC 4291 section 2.5.5.2).
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');
loopback.addSubnet('::ffff:127.0.0.0', 104, 'ipv6');

/** True for loopback addresses and `localhost` (RFC 6761 section 6.3); other names may mean anything. */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return host.toLowerCase() === 'localhost';
  return loopback.check(host, family === 4 ? 'ipv4' : 'ipv6');
}
