/** Keeps a list of findings readable: one mistake at cluster level shows on every machine of a fleet. */
import type { Finding } from '../errors.ts';

/** At most this many machines are named for one and the same fault, or one and the same rule; the last of them says how many more there are. */
const namedMachines = 10;

export function condense(findings: readonly Finding[]): readonly Finding[] {
  const byFault = new Map<string, Finding[]>();
  for (const finding of findings) {
    const fault = JSON.stringify([
      finding.level?.replace(/^machine\/.*/, ''),
      finding.pointer,
      finding.rule ?? finding.detail,
    ]);
    const alike = byFault.get(fault) ?? [];
    alike.push(finding);
    byFault.set(fault, alike);
  }
  return [...byFault.values()].flatMap((alike) => {
    const more = alike.length - namedMachines;
    if (more <= 0) return alike;
    return alike
      .slice(0, namedMachines)
      .map((finding, index) =>
        index < namedMachines - 1
          ? finding
          : { ...finding, detail: `${finding.detail} (and on ${more} more machines)` },
      );
  });
}
