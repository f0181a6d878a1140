/** The verb `digests` of a gateway: what the certificates in files and the rows of tables come to (docs/gateway-protocol.md). */
import { isNamed } from '../errors.ts';
import { call } from './call.ts';
import type { Connection } from './ssh.ts';

/** By path, or by type and name of a table; `missing` for what cannot be read there. */
export type Digests = Readonly<Record<string, string>>;

export const missing = '-';

/** Of those that a gateway can be asked about; none of a gateway whose script is older than this verb. Throws as every call does. */
export async function readDigests(connection: Connection, names: readonly string[]): Promise<Digests> {
  const asked = names.filter((name) => /^[A-Za-z0-9._/:=+@-]+$/.test(name));
  if (asked.length === 0) return {};
  try {
    const { values } = await call(connection, `digests ${asked.join(' ')}`);
    return Object.fromEntries(
      (values.get('digest') ?? []).map((line) => {
        const [digest = missing, name = ''] = line.split(' ');
        return [name, digest];
      }),
    );
  } catch (error) {
    if (isNamed(error, 'gateway-refused') && error.facts['reason'] === 'bad-request') return {};
    throw error;
  }
}
