/** A gateway whose disk was put back to an earlier state, as by a snapshot: told by two numbers on it that only grow. Pure. */
import type { MachineStatus } from '../schema/types.generated.ts';
import type { Delivery } from './conclude.ts';
import type { GatewayState } from './gateway.ts';

/** The newest generation and the highest epoch that a gateway is known to have had. */
export type Reached = NonNullable<MachineStatus['reached']>;

type Stands = Pick<GatewayState, 'newest' | 'epoch'>;

export function isSetBack(reached: Reached | undefined, { newest, epoch }: Stands): reached is Reached {
  return reached !== undefined && (newest < reached.generation || epoch < reached.epoch);
}

/** How far it has come, given how far it is known to have come before. */
export function furthest(reached: Reached | undefined, { newest, epoch }: Stands): Reached {
  return { generation: Math.max(newest, reached?.generation ?? 0), epoch: Math.max(epoch, reached?.epoch ?? 0) };
}

/** In words, that it was put back and who decides; undefined when it was not. */
export function setBack(machine: string, reached: Reached | undefined, stands: Stands): string | undefined {
  if (!isSetBack(reached, stands)) return undefined;
  const { newest, epoch } = stands;
  const places = [
    ...(newest < reached.generation ? [`at generation ${newest} where ${reached.generation} was recorded`] : []),
    ...(epoch < reached.epoch ? [`at epoch ${epoch} where ${reached.epoch} was recorded`] : []),
  ];
  return `${machine} was put back to an earlier state, as from a snapshot: it is ${places.join(', and ')}; nothing is pushed to it until someone decides: "signet rollout start --machine ${machine} --overwrite-drift" brings it to what it should have`;
}

/** Nothing was sent, as nobody has decided yet. */
export function leftSetBack(machine: string, reached: Reached | undefined, stands: Stands): Delivery {
  return { state: 'refused', detail: setBack(machine, reached, stands) ?? '', served: [], setBack: true };
}
