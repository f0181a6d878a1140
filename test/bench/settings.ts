/** What the others bring to a gateway: the Postfix settings that Signet brought there, with their own place for the certificate. */
import type { Fleet } from './fleet.ts';

export interface Setting {
  readonly name: string;
  readonly value: string;
}

export interface PostfixSettings {
  readonly main: readonly Setting[];
  /** Of the service on port 25, named as `postconf -P` does. */
  readonly master: readonly Setting[];
}

const signetFiles = '/var/lib/signet/current/files/certificates';

/**
 * Reads them from a gateway that has Signet's. The table of next hops is left out: it is empty here, and one more file
 * would be one more task of Ansible's on each gateway.
 */
export async function settingsOf(fleet: Fleet, folder: string): Promise<PostfixSettings> {
  const name = fleet.gateways[0]?.name ?? '';
  const block = await fleet.inside(name, "sed -n '/^# BEGIN Signet/,/^# END Signet/p' /etc/postfix/main.cf");
  const options = await fleet.inside(name, 'postconf -P smtp/inet');
  const main = parse(block).filter((setting) => setting.name !== 'smtp_tls_policy_maps');
  const master = parse(options.replaceAll(signetFiles, folder));
  if (main.length === 0 || !master.some(({ value }) => value.startsWith(folder))) {
    throw new Error(`Signet's settings are not where they are looked for: ${block}${options}`);
  }
  return { main, master };
}

/** The same, with another lowest version of TLS. */
export function withMinimum(settings: readonly Setting[], minimum: string): readonly Setting[] {
  return settings.map(({ name, value }) => ({ name, value: name.endsWith('protocols') ? `>=${minimum}` : value }));
}

function parse(text: string): readonly Setting[] {
  return text.split('\n').flatMap((line) => {
    const [, name, value] = /^([\w/]+) = ?(.*)$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [{ name, value }];
  });
}
