/** What is compared, and what is measured of it. */

/**
 * `cold`: no connection is open; another certificate and other settings. `warm`: connections are open; another
 * certificate. `same`: connections are open; nothing has changed.
 */
export const pushes = ['cold', 'warm', 'same'] as const;
export type Push = (typeof pushes)[number];

export const contenders = ['signet', 'ansible', 'floor'] as const;
export type Name = (typeof contenders)[number];

export interface Contender {
  readonly name: Name;
  /** Gets everything ready that is not part of the push. */
  prepare(push: Push): Promise<void>;
  /** Pushes to all gateways; the seconds it took. */
  push(push: Push): Promise<number>;
  /** Processor seconds used so far on this side: by the controller, or by the programs that push. */
  spent(): number;
  /** Of the certificate that is served after the last push. */
  fingerprint(): string;
}

export interface Sample {
  readonly contender: Name;
  readonly push: Push;
  /** From the start of the push to its end. */
  readonly seconds: number;
  /** Of this side, until a second after the end. */
  readonly controllerSeconds: number;
  /** Of the whole machine, gateways included, until a second after the end. */
  readonly machineSeconds: number;
  /** Until all gateways were seen to serve the new certificate, after the end of the push. */
  readonly lookSeconds: number;
}
