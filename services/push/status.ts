/** Folds what happened to a machine into its status: wanted, deployed and served stay three facts. */
import type { MachineStatus, Manifest } from '../schema/types.generated.ts';
import type { Delivery } from './conclude.ts';

export type Event =
  | { readonly kind: 'wanted'; readonly revision: number; readonly manifest: Manifest }
  | { readonly kind: 'delivered'; readonly delivery: Delivery; readonly revision: number; readonly time: Date }
  | {
      readonly kind: 'seen';
      /** `-` for a gateway that has nothing of Signet's yet. */
      readonly digest: string;
      readonly generation: number;
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

function delivered(
  status: MachineStatus,
  { delivery, revision, time }: Extract<Event, { kind: 'delivered' }>,
): MachineStatus {
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
    ...(deployed ? { deployed } : {}),
    ...(good ? {} : { problem: delivery.detail ?? delivery.state }),
    served: delivery.served.length > 0 ? delivery.served : status.served,
  };
}

function without({ problem: _problem, ...status }: MachineStatus): MachineStatus {
  return status;
}
