/** A gateway as it is seen without Signet: what is on it, and the check that ends every fault. */
import assert from 'node:assert/strict';

import type { MachineStatus, Manifest } from '../../services/schema/types.generated.ts';
import { acceptsMail, type Gateway } from '../lab/harness.ts';
import type { Signetd } from './signetd.ts';

/** Everything of Signet's on a gateway, read there. */
export interface Standing {
  readonly generation: number;
  /** Of the manifest that is live, `-` for none. */
  readonly digest: string;
  /** The SHA-256 of each file of the live generation, and of main.cf and master.cf, by path. */
  readonly files: Readonly<Record<string, string>>;
}

/** Reads where a gateway stands, once nothing is pending there any more. */
export async function standing(gateway: Gateway): Promise<Standing> {
  const text = await gateway.inside(`
    cd /var/lib/signet || exit 1
    tries=0
    while [ -e pending ] || [ -e reverting ]; do
      tries=$((tries + 1))
      [ "$tries" -le 600 ] || { echo 'something is still pending' >&2; exit 1; }
      sleep 0.1
    done
    flock lock true
    cat current/digest 2>/dev/null || echo - 0 0
    sha256sum /etc/postfix/main.cf /etc/postfix/master.cf
    [ ! -d current/files ] || { cd current/files && find . -type f -exec sha256sum {} +; }`);
  const [first = '', ...sums] = text.trim().split('\n');
  const [digest = '-', generation] = first.split(' ');
  const files = sums.sort().map((line) => [line.slice(66), line.slice(0, 64)] as const);
  return { generation: Number(generation), digest, files: Object.fromEntries(files) };
}

/**
 * The outside check that ends every fault: master is alive, mail is accepted on every listener there was, the gateway has
 * exactly the old (as it stood before) or the new (a revision's manifest), nothing half-done is left, and the controller
 * says which of the two it is.
 */
export async function stands(
  signetd: Signetd,
  gateway: Gateway,
  expected: Standing | { readonly revision: number },
  ports: readonly number[] = [25],
): Promise<void> {
  const now = await standing(gateway);
  await gateway.inside('postfix status');
  for (const port of ports) await acceptsMail(gateway, port);

  if ('files' in expected) assert.deepEqual(now, expected);
  else assert.equal(now.digest, (await manifest(signetd, gateway, expected.revision)).digest);
  const left = await gateway.inside(
    `cd /var/lib/signet/generations; for each in *; do [ "$each" = '*' ] || [ -e $each/digest ] || echo $each; done
     ls -d /var/lib/signet/bundle /etc/postfix/*.signet-* 2>/dev/null || true`,
  );
  assert.equal(left, '', 'nothing half-done is left');

  // What is recorded must not claim something else: it may only say that it does not know.
  const recorded = await signetd.api<MachineStatus>('GET', `/machines/${gateway.name}/status`);
  if (recorded.deployed?.digest !== now.digest) assert.ok(recorded.problem, 'the status claims another generation');
  const seen = await signetd.api<MachineStatus>('POST', `/machines/${gateway.name}/probe`);
  assert.equal(seen.deployed?.digest, now.digest);
  assert.equal(seen.deployed.generation, now.generation);
  assert.deepEqual(
    seen.served.map(({ verdict }) => verdict).filter((verdict) => verdict !== 'match'),
    [],
  );
}

/** What a machine must have at a revision. */
export function manifest(signetd: Signetd, { name }: Gateway, revision: number): Promise<Manifest> {
  return signetd.api('GET', `/machines/${name}/manifest?revision=${revision}`);
}
