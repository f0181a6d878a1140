/** What was changed by hand in what Signet owns of main.cf and master.cf; everything else is its owner's business. */
import type { Facts, Manifest, PostfixFacts, PostfixService } from '../../schema/types.generated.ts';
import { optionValue } from './entry.ts';
import { valueIn } from './main-cf.ts';
import { inetServices, isFor, type Inet } from './master-cf.ts';
import { mainCfPlace, servicePlace } from './present/words.ts';
import { isSignets, listenerOptions } from './service-options.ts';
import { transportDrift } from './transport-drift.ts';
import { uncounted } from './uncounted.ts';

/** One setting that was changed by hand, where it is a single one; `was` is what Signet set, `is` what is there, empty for not set. */
export interface Edit {
  readonly detail: string;
  readonly setting?: { readonly place: string; readonly name: string; readonly was: string; readonly is: string };
}

export function drift(live: Facts, deployed: Manifest, wanted?: Manifest): readonly string[] {
  return edits(live, deployed, wanted).map(({ detail }) => detail);
}

/** As `drift`, with the settings that the words are about. */
export function edits(live: Facts, deployed: Manifest, wanted?: Manifest): readonly Edit[] {
  const { postfix } = live;
  if (!postfix || !deployed.postfix) return [];
  const next = wanted?.postfix?.services;
  return [
    ...transportDrift(
      postfix,
      deployed.postfix.transports ?? [],
      wanted?.postfix && (wanted.postfix.transports ?? []),
    ).map((detail) => ({ detail })),
    ...parameterDrift(postfix, deployed.postfix.parameters, wanted?.postfix?.parameters),
    ...deployed.postfix.services.flatMap((service) =>
      serviceDrift(postfix, service, next && (next.find((other) => isSame(service, other)) ?? 'none')),
    ),
  ];
}

type Values = Readonly<Record<string, string>>;

function parameterDrift(live: PostfixFacts, deployed: Values, wanted?: Values): readonly Edit[] {
  return Object.keys(deployed)
    .sort()
    .flatMap((name) => {
      // Not set is the default, which is empty for all that Signet leaves empty.
      const found = valueIn(live.mainCf, name) ?? '';
      const set = deployed[name] ?? '';
      if (found === set || found === wanted?.[name]) return [];
      const detail = `main.cf has ${said(name, found)} where Signet set ${said(name, set)}`;
      return [{ detail, setting: { place: mainCfPlace, name, was: set, is: found } }];
    });
}

/** `wanted` is the same service as it should become, if it should stay. */
function serviceDrift(
  live: PostfixFacts,
  service: PostfixService,
  wanted: PostfixService | 'none' | undefined,
): readonly Edit[] {
  const found = inetServices(live.masterCf, live).filter((inet) => isFor(inet, service, live));
  const next = wanted === 'none' ? undefined : wanted;
  const where = `${service.address === 'all' ? 'all addresses' : service.address}, port ${service.port}`;
  if (found.length === 0)
    return wanted === 'none' ? [] : [{ detail: `master.cf has no service for ${where} any more` }];
  return [
    ...found.flatMap((inet) => optionDrift(inet, service, next)),
    ...uncounted(service, live)
      .filter(({ option }) => !next || next.options[option] === service.options[option])
      .map(({ name, value }) => ({
        detail: `${said(name, value)} does not count on ${where} until Signet has pushed again`,
      })),
  ];
}

function optionDrift({ entry }: Inet, { options }: PostfixService, wanted?: PostfixService): readonly Edit[] {
  const who = `${entry.name} inet`;
  if (entry.command !== 'smtpd') return [{ detail: `master.cf runs ${entry.command} instead of smtpd for ${who}` }];
  const here = entry.options.filter(isSignets).map(({ name }) => name);
  return [...new Set([...listenerOptions, ...here, ...Object.keys(options)])].sort().flatMap((name) => {
    const found = optionValue(entry, name);
    const set = options[name];
    if (found === set || (wanted && found === wanted.options[name])) return [];
    const setting = { place: servicePlace(entry.name), name, was: set ?? '', is: found ?? '' };
    return [{ detail: optionWords(name, found, set, who), setting }];
  });
}

function optionWords(name: string, found: string | undefined, set: string | undefined, who: string): string {
  if (set === undefined) return `master.cf has -o ${name}=${found ?? ''} for ${who}, which overrides what Signet set`;
  if (found === undefined) return `master.cf lacks -o ${name}=${set} for ${who}`;
  return `master.cf has -o ${name}=${found} for ${who} where Signet set ${set === '' ? 'nothing' : set}`;
}

function isSame(one: PostfixService, other: PostfixService): boolean {
  return one.address === other.address && one.port === other.port;
}

function said(name: string, value: string): string {
  return value === '' ? `no ${name}` : `${name} = ${value}`;
}
