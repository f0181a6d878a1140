/** Reads what alerts are about: which certificates are held where and used by whom, and what every machine serves. */
import { setImmediate as breathe } from 'node:timers/promises';

import { bindings, useKey, uses } from '../certificates/view.ts';
import { defaultsLevel } from '../config/levels.ts';
import type { Effective } from '../config/resolve.ts';
import { isNamed } from '../errors.ts';
import { issuerOf, readCertificatePem, subjectOf } from '../pki/certificate.ts';
import { own } from '../schema/json.ts';
import type { Configuration, Settings } from '../schema/types.generated.ts';
import { heldByAuthorities } from './authorities.ts';
import type { AlertDeps } from './contract.ts';
import type { Held, Use } from './expiring.ts';
import type { Serving } from './unserved.ts';

export interface Survey {
  readonly configuration: Configuration;
  readonly held: readonly Held[];
  readonly serving: readonly Serving[];
}

/** Machines or chains that are read before the event loop has its turn. */
const stride = 25;

type SurveyDeps = Pick<AlertDeps, 'config' | 'pki' | 'authorities' | 'push'>;

/** All of it, at the newest revision. */
export async function survey({ config, pki, authorities, push }: SurveyDeps): Promise<Survey> {
  const { number } = await config.head();
  const configuration = await config.configuration(number);
  const certificateUses = new Map<string, Use[]>();
  const trustUses = new Map<string, Use[]>();
  const chains = new Map<string, ReadonlyMap<string, string>>();
  await inStrides(Object.keys(configuration.machines).sort(), async (machine) => {
    const effective = await config.effective(machine, number);
    const alone = new Map([[machine, effective]]);
    gather(certificateUses, uses(alone));
    gather(trustUses, uses(alone, 'trust'));
    chains.set(machine, listenerChains(effective));
  });
  const bound = bindings(configuration, await pki.demonstration(''));
  const certificates = new Map<string, readonly Dated[]>();
  await inStrides([...new Set(bound.map(({ binding }) => binding.chain))], async (chain) => {
    certificates.set(chain, (await stored(pki.chain(chain))).map(dated));
  });
  const lists = bundles(configuration);
  await inStrides([...new Set(lists.map(({ bundle }) => bundle))], async (bundle) => {
    certificates.set(bundle, (await stored(pki.bundle(bundle).then(pems))).map(dated));
  });
  const leaf = (chain: string) => certificates.get(chain)?.[0]?.fingerprint;
  const held: readonly Held[] = [
    ...bound.flatMap(({ level, name, binding }): readonly Held[] =>
      (certificates.get(binding.chain) ?? []).map((one, index) => ({
        ...one,
        role: index === 0 ? 'leaf' : 'intermediate',
        level,
        place: ['certificates', name],
        uses: certificateUses.get(useKey(level, name)) ?? [],
        // The demonstration certificate is there whether anyone wants it or not.
        ...(level === defaultsLevel ? { onlyWhenUsed: true } : {}),
      })),
    ),
    ...lists.flatMap(({ level, name, bundle }): readonly Held[] =>
      (certificates.get(bundle) ?? []).map((one) => ({
        ...one,
        role: 'trusted',
        level,
        place: ['trust', name],
        uses: trustUses.get(useKey(level, name)) ?? [],
      })),
    ),
  ];
  return {
    configuration,
    held: [...held, ...heldByAuthorities(await authorities.list(), held)],
    serving: (await push.statuses()).map((status) => ({
      status,
      wanted: new Map(
        [...(chains.get(status.machine) ?? [])].flatMap(([listener, chain]) => {
          const fingerprint = leaf(chain);
          return fingerprint === undefined ? [] : [[listener, fingerprint]];
        }),
      ),
    })),
  };
}

type Dated = Pick<Held, 'fingerprint' | 'subject' | 'issuer' | 'notBefore' | 'notAfter'>;

function dated(pem: string): Dated {
  const certificate = readCertificatePem(pem);
  const { sha256, notBefore, notAfter } = certificate;
  return { fingerprint: sha256, subject: subjectOf(certificate), issuer: issuerOf(certificate), notBefore, notAfter };
}

/** The chain of each listener, by its id. */
function listenerChains({ settings }: Effective): ReadonlyMap<string, string> {
  // What is in a revision was checked when it was committed.
  const { listeners, certificates } = settings as unknown as Pick<Settings, 'listeners' | 'certificates'>;
  return new Map(
    Object.entries(listeners).flatMap(([name, { certificate }]) => {
      const binding = own(certificates, certificate);
      return binding ? [[name, binding.chain] as const] : [];
    }),
  );
}

/** Every trust list of a bundle, at every level. */
function bundles({ layers }: Configuration): readonly { level: string; name: string; bundle: string }[] {
  return Object.entries(layers).flatMap(([level, layer]) => {
    const lists = (layer['trust'] ?? {}) as Readonly<Record<string, { readonly bundle?: string } | null>>;
    return Object.entries(lists).flatMap(([name, list]) =>
      list?.bundle ? [{ level, name, bundle: list.bundle }] : [],
    );
  });
}

function pems(text: string): readonly string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}

/** What is gone cannot be warned of; a commit refuses to refer to it. */
async function stored(certificates: Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await certificates;
  } catch (error) {
    if (isNamed(error, 'not-found')) return [];
    throw error;
  }
}

function gather(into: Map<string, Use[]>, more: ReadonlyMap<string, readonly Use[]>): void {
  for (const [key, found] of more) {
    const all = into.get(key) ?? [];
    all.push(...found);
    into.set(key, all);
  }
}

async function inStrides<T>(all: readonly T[], each: (one: T) => Promise<void>): Promise<void> {
  for (let start = 0; start < all.length; start += stride) {
    await Promise.all(all.slice(start, start + stride).map(each));
    await breathe();
  }
}
