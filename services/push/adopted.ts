/** A machine that was adopted keeps the files it was found with, byte for byte, for as long as they say what it should have. */
import type { Edit } from '../platforms/postfix/drift.ts';
import { settingOf } from '../platforms/postfix/present/meaning.ts';
import { ownedSettings } from '../platforms/postfix/present/present.ts';
import type { Facts, Manifest, Registration } from '../schema/types.generated.ts';
import { conclude, type Delivery } from './conclude.ts';
import { missing, type Digests } from './digests.ts';
import type { GatewayState } from './gateway.ts';
import type { Served } from './probe.ts';

type Adopted = NonNullable<Registration['adopted']>;

/** Whether the gateway has nothing of Signet's and should have what it was adopted with. */
export function isAsFound(adopted: Adopted, wanted: string, { digest, pending }: GatewayState): boolean {
  return adopted.manifest === wanted && digest === '-' && pending === undefined;
}

/** In words, what was changed by hand since the machine was adopted: settings that Signet would own, and what the files they name say. */
export function foundDrift(adopted: Adopted, facts: Facts, files: Digests): readonly string[] {
  return foundEdits(adopted, facts, files).map(({ detail }) => detail);
}

/** As `foundDrift`, with the settings that the words are about. */
export function foundEdits(adopted: Adopted, facts: Facts, files: Digests): readonly Edit[] {
  return [...changedSettings(adopted, facts), ...changedFiles(adopted, facts, files)];
}

function changedSettings({ found }: Adopted, { postfix }: Facts): readonly Edit[] {
  const now = postfix ? ownedSettings(postfix) : {};
  return [...new Set([...Object.keys(found), ...Object.keys(now)])]
    .sort()
    .filter((key) => found[key] !== now[key])
    .map((key) => ({
      detail: `${key} is ${said(now[key])} where ${said(found[key])} was adopted`,
      setting: { ...settingOf(key), was: found[key] ?? '', is: now[key] ?? '' },
    }));
}

/** What the gateway does not tell the digest of, as one with an older script, is not known to have changed. */
function changedFiles({ files = {} }: Adopted, { postfix }: Facts, now: Digests): readonly Edit[] {
  const settings = Object.entries(postfix ? ownedSettings(postfix) : {});
  return Object.entries(files)
    .filter(([name, digest]) => now[name] !== undefined && now[name] !== digest)
    .map(([name]) => {
      const [naming] = settings.filter(([, value]) => value.split(/[\s,]+/).includes(name));
      const setting = naming && { ...settingOf(naming[0]), was: naming[1], is: naming[1] };
      return { detail: changeOf(name, now[name] === missing), ...(setting ? { setting } : {}) };
    });
}

function changeOf(name: string, isMissing: boolean): string {
  if (isMissing) return `${name} cannot be read any more`;
  const what = name.startsWith('/') ? `the certificates in ${name}` : `the rows of ${name}`;
  return `${what} are others than were adopted`;
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
