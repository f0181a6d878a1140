/** Where operating systems keep their list of certificate authorities as one file. */

const places: readonly (readonly [RegExp, string])[] = [
  [/Red Hat|CentOS|Rocky|Alma|Fedora|Oracle|Amazon/i, '/etc/pki/tls/certs/ca-bundle.crt'],
  [/SUSE|SLES/i, '/etc/ssl/ca-bundle.pem'],
];

/** The file for a machine by PRETTY_NAME of its os-release(5); Debian, Ubuntu, Alpine and Arch share the one for all others. */
export function systemTrust(os: string): string {
  return places.find(([name]) => name.test(os))?.[1] ?? '/etc/ssl/certs/ca-certificates.crt';
}
