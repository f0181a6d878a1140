/** Reads what alerts are about: which certificates are held where and used by whom, and what every machine serves. */
import { setImmediate as breathe } from 'node:timers/promises';

import { effectiveSettings } from '../certificates/effective.ts';
import { bindings, trustLists, useKey, uses } from '../certificates/view.ts';
import { defaultsLevel } from '../config/levels.ts';
import type { Effective } from '../config/resolve.ts';
import { isNamed } from '../errors.ts';
import { certificatesIn } from '../pki/bundle.ts';
import { issuerOf, readCertificatePem, subjectOf, type Certificate } from '../pki/certificate.ts';
import { own } from '../schema/json.ts';
import type { Configuration, Settings } from '../schema/types.generated.ts';
import { heldByAuthorities } from './authorities.ts';
import type { AlertDeps } from './contract.ts';
import type { Held } from './expiring.ts';
import type { Serving } from './unserved.ts';

export interface Survey {
  readonly configuration: Configuration;
  readonly held: readonly Held[];
  readonly serving: readonly Serving[];
  /** The effective settings of each machine. */
  readonly settings: ReadonlyMap<string, Settings>;
}

/** Chains that are read before the event loop has its turn. */
const stride = 25;

type SurveyDeps = Pick<AlertDeps, 'config' | 'pki' | 'authorities' | 'push'>;

/** All of it, at the newest revision. */
export async function survey({ config, pki, authorities, push }: SurveyDeps): Promise<Survey> {
  const { number } = await config.head();
  const configuration = await config.configuration(number);
  const machines = await effectiveSettings(config, Object.keys(configuration.machines), number);
  const [certificateUses, trustUses] = [uses(machines), uses(machines, 'trust')];
  const bound = bindings(configuration, await pki.demonstration(''));
  const certificates = new Map<string, readonly Dated[]>();
  await inStrides([...new Set(bound.map(({ binding }) => binding.chain))], async (chain) => {
    certificates.set(chain, (await stored(pki.chain(chain).then((texts) => texts.map(readCertificatePem)))).map(dated));
  });
  const lists = trustLists(configuration).flatMap(({ list, ...at }) =>
    list.source === 'bundle' ? [{ ...at, bundle: list.bundle }] : [],
  );
  await inStrides([...new Set(lists.map(({ bundle }) => bundle))], async (bundle) => {
    certificates.set(bundle, (await stored(pki.bundle(bundle).then(certificatesIn))).map(dated));
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
    // What is in a revision was checked when it was committed.
    settings: new Map([...machines].map(([name, { settings }]) => [name, settings as unknown as Settings])),
    held: [...held, ...heldByAuthorities(await authorities.list(), held)],
    serving: (await push.statuses()).map((status) => ({
      status,
      wanted: new Map(
        listenerChains(machines.get(status.machine)).flatMap(([listener, chain]) => {
          const fingerprint = leaf(chain);
          return fingerprint === undefined ? [] : [[listener, fingerprint]];
        }),
      ),
    })),
  };
}

type Dated = Pick<Held, 'fingerprint' | 'subject' | 'issuer' | 'notBefore' | 'notAfter'>;

function dated(certificate: Certificate): Dated {
  const { sha256, notBefore, notAfter } = certificate;
  return { fingerprint: sha256, subject: subjectOf(certificate), issuer: issuerOf(certificate), notBefore, notAfter };
}

/** The chain of each listener of a machine, and of each service that is looked at, by its id. */
function listenerChains(effective: Effective | undefined): readonly (readonly [listener: string, chain: string])[] {
  if (!effective) return [];
  // What is in a revision was checked when it was committed.
  const { listeners, services, interfaces, certificates } = effective.settings as unknown as Settings;
  const served = [
    ...Object.entries(listeners),
    ...Object.entries(interfaces).flatMap(([name, { https }]) =>
      https ? [[`interfaces/${name}/https`, https] as const] : [],
    ),
    ...Object.entries(services).flatMap(([name, one]) => (one.probe ? [[`services/${name}`, one] as const] : [])),
  ];
  return served.flatMap(([name, { certificate }]) => {
    const binding = own(certificates, certificate);
    return binding ? [[name, binding.chain] as const] : [];
  });
}

/** What is gone cannot be warned of; a commit refuses to refer to it. */
async function stored(certificates: Promise<readonly Certificate[]>): Promise<readonly Certificate[]> {
  try {
    return await certificates;
  } catch (error) {
    if (isNamed(error, 'not-found')) return [];
    throw error;
  }
}

async function inStrides<T>(all: readonly T[], each: (one: T) => Promise<void>): Promise<void> {
  for (let start = 0; start < all.length; start += stride) {
    await Promise.all(all.slice(start, start + stride).map(each));
    await breathe();
  }
}
