/** Folds what happened to a machine into its status: wanted, deployed and served stay three facts. */
import type { MachineStatus, Manifest } from '../schema/types.generated.ts';
import type { Delivery } from './conclude.ts';
import { furthest, isSetBack, type Reached } from './set-back.ts';

export type Event =
  | { readonly kind: 'wanted'; readonly revision: number; readonly manifest: Manifest }
  | { readonly kind: 'delivered'; readonly delivery: Delivery; readonly revision: number; readonly time: Date }
  | {
      readonly kind: 'seen';
      /** `-` for a gateway that has nothing of Signet's yet. */
      readonly digest: string;
      readonly generation: number;
      /** How far it has come; and in words that it is not where it was, when the record was read before. */
      readonly newest: number;
      readonly epoch: number;
      readonly setBack?: string;
      readonly drift: readonly string[];
      readonly served: MachineStatus['served'];
      readonly time: Date;
    }
  | { readonly kind: 'silent'; readonly detail: string };

export function fold(status: MachineStatus, event: Event): MachineStatus {
  switch (event.kind) {
    case 'wanted':
      return { ...status, wanted: { revision: event.revision, digest: event.manifest.digest } };
    case 'delivered':
      return delivered(status, event);
    case 'seen':
      return {
        ...without(status),
        ...placed(status, event),
        deployed: {
          ...(event.digest === status.deployed?.digest && status.deployed.revision !== undefined
            ? { revision: status.deployed.revision }
            : {}),
          digest: event.digest === '-' ? '' : event.digest,
          generation: event.generation,
          seen: event.time.toISOString(),
          drift: event.drift,
        },
        served: event.served,
      };
    case 'silent':
      return { ...status, problem: event.detail };
  }
}

/** Whether all three agree: what was asked for is there, untouched, and seen from outside. */
export function converged({ wanted, deployed, served, problem }: MachineStatus): boolean {
  return (
    problem === undefined &&
    wanted !== undefined &&
    wanted.digest === deployed?.digest &&
    deployed.drift.length === 0 &&
    served.every(({ verdict }) => verdict === 'match')
  );
}

/** In words, what is newly known of a machine; undefined when it is as it was. Of a problem only that there is one counts. */
export function news(before: Facts, after: Facts): string | undefined {
  const [old, present] = [facets(before), facets(after)];
  const said = [
    ...[...present]
      .filter(([what, { state }]) => old.get(what)?.state !== state)
      .map(([what, { words }]) => `${what} ${words}`),
    ...[...old.keys()].filter((what) => !present.has(what)).map((what) => `${what} is gone`),
  ];
  return said.length > 0 ? said.join('; ') : undefined;
}

type Facts = Pick<MachineStatus, 'served' | 'deployed' | 'setBack' | 'problem'>;

function facets({
  served,
  deployed,
  setBack,
  problem,
}: Facts): ReadonlyMap<string, { readonly state: string; readonly words: string }> {
  const drift = deployed?.drift ?? [];
  return new Map([
    ...served.map(({ listener, verdict }) => [listener, { state: verdict, words: verdict }] as const),
    ['drift', drift.length > 0 ? { state: 'some', words: drift.join(', ') } : { state: 'none', words: 'none' }],
    [
      'earlier state',
      setBack === undefined ? { state: 'none', words: 'none' } : { state: 'some', words: `since ${setBack}` },
    ],
    ['problem', problem === undefined ? { state: 'none', words: 'none' } : { state: 'some', words: problem }],
  ]);
}

function delivered(
  status: MachineStatus,
  { delivery, revision, time }: Extract<Event, { kind: 'delivered' }>,
): MachineStatus {
  const { setBack } = status;
  const standing = delivery.setBack || setBack ? { setBack: setBack ?? time.toISOString() } : {};
  const good = delivery.state === 'unchanged' || delivery.state === 'confirmed' || delivery.state === 'unproven';
  const deployed = delivery.deployed
    ? {
        revision,
        digest: delivery.deployed.digest,
        generation: delivery.generation ?? status.deployed?.generation ?? 0,
        seen: time.toISOString(),
        drift: [],
      }
    : status.deployed && delivery.drift
      ? { ...status.deployed, drift: delivery.drift }
      : status.deployed;
  return {
    ...without(status),
    ...(delivery.deployed ? { reached: reachedBy(delivery, status) } : standing),
    ...(deployed ? { deployed } : {}),
    ...(good ? {} : { problem: delivery.detail ?? delivery.state }),
    served: delivery.served.length > 0 ? delivery.served : status.served,
  };
}

/** How far a gateway is known to have come, and whether it is behind that: only as long as nothing was recorded while it was asked. */
function placed(
  { reached, setBack: since }: MachineStatus,
  { setBack, time, ...stands }: Extract<Event, { kind: 'seen' }>,
): Pick<MachineStatus, 'reached' | 'setBack' | 'problem'> {
  if (setBack === undefined || !isSetBack(reached, stands)) return { reached: furthest(reached, stands) };
  return { reached, setBack: since ?? time.toISOString(), problem: setBack };
}

/** What was confirmed is the newest that the gateway has, also where it was behind. */
function reachedBy({ generation, epoch = 0 }: Delivery, { reached }: MachineStatus): Reached {
  return { generation: generation ?? reached?.generation ?? 0, epoch: Math.max(epoch, reached?.epoch ?? 0) };
}

function without({ problem: _problem, setBack: _setBack, ...status }: MachineStatus): MachineStatus {
  return status;
}
