/** Machines that do not serve what the newest revision wants, as conditions: a renewal that did not arrive is told. Pure. */
import type { AlertRecord, MachineStatus } from '../schema/types.generated.ts';
import { pointer } from '../schema/pointer.ts';
import type { Condition } from './assess.ts';
import { isRaised } from './assess.ts';

/** A push, its probe and a look of the sweep fit in many times over. */
const patienceMilliseconds = 3600 * 1000;

export interface Serving {
  readonly status: MachineStatus;
  /** By listener, the SHA-256 of the leaf that the newest revision binds to it. */
  readonly wanted: ReadonlyMap<string, string>;
}

/** A condition for each machine that falls short, due an hour after that was first seen. */
export function unserved(
  machines: readonly Serving[],
  records: readonly AlertRecord[],
  now: Date,
): readonly Condition[] {
  const known = new Map(records.map((record) => [record.alert.id, record]));
  return machines.flatMap(({ status, wanted }) => {
    const { machine } = status;
    const found = shortfall(status, wanted);
    if (!found) return [];
    const id = `not-served-${machine}`;
    const before = known.get(id);
    const counting = before && (before.pending === true || isRaised(before)) ? before.alert.due : undefined;
    return [
      {
        id,
        kind: 'not-served' as const,
        due: counting ?? new Date(now.getTime() + patienceMilliseconds).toISOString(),
        rungs: [],
        summary: `${machine} ${found.what}`,
        remedy: `see "signet machine status ${machine}", and roll out again when the cause is gone: "signet rollout start --machine ${machine}${status.setBack === undefined ? '' : ' --overwrite-drift'}"`,
        machine,
        breaks: found.listeners.map((name) => ({
          pointer: pointer(name.includes('/') ? name.split('/') : ['listeners', name]),
          machines: [machine],
          count: 1,
        })),
      },
    ];
  });
}

interface Shortfall {
  readonly what: string;
  readonly listeners: readonly string[];
}

/**
 * What a machine that was ever sent anything lacks. What was changed by hand beside it is drift, and no alert; of one that is
 * disconnected nothing is expected.
 */
function shortfall(
  { wanted, deployed, served, setBack, problem, disconnected }: MachineStatus,
  leaves: ReadonlyMap<string, string>,
): Shortfall | undefined {
  if (!wanted || disconnected) return undefined;
  if (setBack !== undefined) return { what: 'was put back to an earlier state, and is not pushed to', listeners: [] };
  const other = served.filter(({ listener, fingerprint, verdict }) => {
    const leaf = leaves.get(listener);
    return verdict === 'differs' || (fingerprint !== '' && leaf !== undefined && fingerprint !== leaf);
  });
  if (other.length > 0)
    return { what: `serves another certificate than it should on ${listed(other)}`, listeners: names(other) };
  if (problem !== undefined) return { what: `does not have revision ${wanted.revision}: ${problem}`, listeners: [] };
  const silent = served.filter(({ verdict }) => verdict === 'refused' || verdict === 'unreachable');
  if (silent.length > 0)
    return { what: `gives no TLS on ${listed(silent)}: ${silent[0]?.detail ?? ''}`, listeners: names(silent) };
  if (deployed?.digest === wanted.digest) return undefined;
  return { what: `does not have what revision ${wanted.revision} wants`, listeners: [] };
}

function names(served: MachineStatus['served']): readonly string[] {
  return [...new Set(served.map(({ listener }) => listener))];
}

function listed(served: MachineStatus['served']): string {
  return served.map(({ listener, port }) => `${listener} (port ${port})`).join(', ');
}
