/** What was changed by hand in the delivery services of single certificates, and in what leads to them. */
import type { PostfixFacts, PostfixTransport } from '../../schema/types.generated.ts';
import { optionValue } from './entry.ts';
import { entries } from './master-cf.ts';
import { hasOwnTable } from './transport-maps.ts';

/** `wanted` are those there should be next, where that is known. */
export function transportDrift(
  { mainCf, masterCf }: PostfixFacts,
  deployed: readonly PostfixTransport[],
  wanted: readonly PostfixTransport[] | undefined,
): readonly string[] {
  const present = entries(masterCf);
  const services = deployed.flatMap(({ name, options }): readonly string[] => {
    const found = present.find((entry) => entry.name === name && entry.type === 'unix');
    const next = wanted?.find((other) => other.name === name);
    if (!found) return wanted && !next ? [] : [`master.cf has no service ${name} any more`];
    return Object.entries(options).flatMap(([option, set]) => {
      const value = optionValue(found, option);
      if (value === set || value === next?.options[option]) return [];
      return [
        `master.cf has ${value === undefined ? 'no ' : ''}-o ${option}${value === undefined ? '' : `=${value}`} for ${name} unix where Signet set ${set}`,
      ];
    });
  });
  const isGone = deployed.length > 0 && !hasOwnTable(mainCf) && wanted?.length !== 0;
  return isGone ? [...services, "main.cf no longer has Signet's table in transport_maps"] : services;
}
