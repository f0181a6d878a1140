/** What one machine would be given after a restore, held against what is on record of it. */
import { canonicalJson, type Json } from '../../schema/json.ts';
import type { Manifest, MachineStatus, MachineVerification, Registration } from '../../schema/types.generated.ts';

/** What is known of the machine: the digest to hold a manifest against, empty for none, and what was changed by hand. */
export interface OnRecord {
  readonly digest: string;
  readonly revision: number | undefined;
  readonly drift: readonly string[];
}

/** What the gateway said it has, or what it was adopted with where that is wanted still. */
export function onRecord({ deployed, wanted }: MachineStatus, adopted: Registration['adopted']): OnRecord {
  const drift = deployed?.drift ?? [];
  if (deployed && deployed.digest !== '') return { digest: deployed.digest, revision: deployed.revision, drift };
  const isAsFound = wanted !== undefined && wanted.digest === adopted?.manifest;
  return { digest: isAsFound ? wanted.digest : '', revision: wanted?.revision, drift };
}

/** `here` is what this controller renders for what is on record, when it still can. */
export function verdict(
  machine: string,
  { digest, drift }: OnRecord,
  restored: Manifest,
  here: Manifest | undefined,
): MachineVerification {
  if (restored.digest === digest && drift.length === 0) return { machine, verdict: 'in-sync' };
  if (restored.digest === digest) {
    return { machine, verdict: 'other-files', detail: `it was changed by hand: ${drift.join('; ')}` };
  }
  if (digest === '') {
    const detail = 'nothing was rolled out to it from here, so there is nothing to compare with';
    return { machine, verdict: 'no-record', detail };
  }
  const told = here?.digest === digest ? differing(here, restored) : undefined;
  return {
    machine,
    verdict: 'other-files',
    ...(told ? { files: told } : { detail: 'which ones cannot be told: what it has cannot be rendered here any more' }),
  };
}

/** Other files are what a machine that is left alone is to have once something was committed: no fault of the file. */
export function unlessLeftAlone(
  verification: MachineVerification,
  disconnected: Registration['disconnected'],
): MachineVerification {
  if (!disconnected || verification.verdict !== 'other-files') return verification;
  const detail = [`left alone since ${disconnected.since} by ${disconnected.by}`, verification.detail ?? []].flat();
  return { ...verification, verdict: 'disconnected', detail: detail.join('; ') };
}

/** By path; what Postfix reads under the name of its file, and what is looked at from outside as `probes`. */
function differing(before: Manifest, after: Manifest): readonly string[] {
  const [left, right] = [parts(before), parts(after)];
  return [...new Set([...left.keys(), ...right.keys()])]
    .filter((name) => left.get(name) !== right.get(name))
    .sort((a, b) => (a < b ? -1 : 1));
}

function parts({ files, postfix, probes }: Manifest): ReadonlyMap<string, string> {
  const { parameters, ...services } = postfix ?? {};
  return new Map(
    [
      ...files.map((file) => [file.path, file] as const),
      ['main.cf', parameters ?? {}] as const,
      ['master.cf', services] as const,
      ['probes', probes] as const,
    ].map(([name, value]) => [name, canonicalJson(value as unknown as Json)]),
  );
}
