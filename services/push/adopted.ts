/** A machine that was adopted keeps the files it was found with, byte for byte, for as long as they say what it should have. */
import { ownedSettings } from '../platforms/postfix/present/present.ts';
import type { Facts, Manifest, Registration } from '../schema/types.generated.ts';
import { conclude, type Delivery } from './conclude.ts';
import type { GatewayState } from './gateway.ts';
import type { Served } from './probe.ts';

type Adopted = NonNullable<Registration['adopted']>;

/** Whether the gateway has nothing of Signet's and should have what it was adopted with. */
export function isAsFound(adopted: Adopted, wanted: string, { digest, pending }: GatewayState): boolean {
  return adopted.manifest === wanted && digest === '-' && pending === undefined;
}

/** In words, which of the settings that Signet would own were changed by hand since the machine was adopted. */
export function foundDrift({ found }: Adopted, { postfix }: Facts): readonly string[] {
  const now = postfix ? ownedSettings(postfix) : {};
  return [...new Set([...Object.keys(found), ...Object.keys(now)])]
    .sort()
    .filter((name) => found[name] !== now[name])
    .map((name) => `${name} is ${said(now[name])} where ${said(found[name])} was adopted`);
}

/** Nothing is sent; what is served is proven all the same. */
export function keepAsFound(
  wanted: Manifest,
  facts: Facts,
  drift: readonly string[],
  served: readonly Served[],
): Delivery {
  if (drift.length > 0) {
    const detail = `changed by hand: ${drift.join('; ')}; put it into Signet, or push again with drift overwritten`;
    return { state: 'refused', detail, facts, served: [], drift };
  }
  return { ...conclude({ kind: 'unchanged' }, { facts }, wanted, undefined, served), facts };
}

function said(value: string | undefined): string {
  return value === undefined || value === '' ? 'not set' : value;
}
