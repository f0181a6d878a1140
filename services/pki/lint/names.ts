/** Whether a certificate is for a host name. */

/** Names compare without case; a wildcard stands for one whole label, the first (RFC 6125 6.4.3). */
export function isFor(names: readonly string[], hostname: string): boolean {
  const host = hostname.toLowerCase();
  const [, ...domain] = host.split('.');
  const wildcard = domain.length > 1 ? `*.${domain.join('.')}` : undefined;
  return names.some((name) => name.toLowerCase() === host || name.toLowerCase() === wildcard);
}
