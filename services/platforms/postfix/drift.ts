/** What was changed by hand in what Signet owns of main.cf and master.cf; everything else is its owner's business. */
import type { Facts, Manifest, PostfixFacts, PostfixService } from '../../schema/types.generated.ts';
import { optionValue } from './entry.ts';
import { listenerOptions } from './listeners.ts';
import { valueIn } from './main-cf.ts';
import { inetServices, isFor, type Inet } from './master-cf.ts';

export function drift(live: Facts, deployed: Manifest): readonly string[] {
  if (!live.postfix || !deployed.postfix) return [];
  return [
    ...parameterDrift(live.postfix, deployed.postfix.parameters),
    ...deployed.postfix.services.flatMap((service) => serviceDrift(live.postfix, service)),
  ];
}

function parameterDrift(live: PostfixFacts, parameters: Readonly<Record<string, string>>): readonly string[] {
  return Object.keys(parameters)
    .sort()
    .flatMap((name) => {
      // Not set is the default, which is empty for all that Signet leaves empty.
      const found = valueIn(live.mainCf, name) ?? '';
      const wanted = parameters[name] ?? '';
      return found === wanted ? [] : [`main.cf has ${said(name, found)} where Signet set ${said(name, wanted)}`];
    });
}

function serviceDrift(live: PostfixFacts | undefined, service: PostfixService): readonly string[] {
  if (!live) return [];
  const found = inetServices(live.masterCf, live).filter((inet) => isFor(inet, service, live));
  const where = `${service.address === 'all' ? 'all addresses' : service.address}, port ${service.port}`;
  if (found.length === 0) return [`master.cf has no service for ${where} any more`];
  return found.flatMap((inet) => optionDrift(inet, service));
}

function optionDrift({ entry }: Inet, { options }: PostfixService): readonly string[] {
  const who = `${entry.name} inet`;
  if (entry.command !== 'smtpd') return [`master.cf runs ${entry.command} instead of smtpd for ${who}`];
  return [...new Set([...listenerOptions, ...Object.keys(options)])].sort().flatMap((name) => {
    const found = optionValue(entry, name);
    const wanted = options[name];
    if (found === wanted) return [];
    if (wanted === undefined)
      return [`master.cf has -o ${name}=${found ?? ''} for ${who}, which overrides what Signet set`];
    if (found === undefined) return [`master.cf lacks -o ${name}=${wanted} for ${who}`];
    return [`master.cf has -o ${name}=${found} for ${who} where Signet set ${wanted === '' ? 'nothing' : wanted}`];
  });
}

function said(name: string, value: string): string {
  return value === '' ? `no ${name}` : `${name} = ${value}`;
}
