/** What is sent to a gateway: the header that says what is believed and wanted, and the archive with everything new. */
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';

import type { Plan } from './plan.ts';
import type { Reached } from './set-back.ts';

export interface Envelope {
  /** The controller's fencing epoch; a gateway refuses a lower one than it has seen. */
  readonly epoch: number;
  /** Version of the script the controller expects to talk to. */
  readonly script: string;
  /** How far the gateway is known to have come: one that is behind refuses. */
  readonly reached?: Reached;
  /** After how long the gateway reverts by itself. */
  readonly windowSeconds: number;
}

/** The archive for `plan`; `contents` has the text of every file of the generation, by path. Secret: it holds private keys. */
export async function bundle(plan: Plan, contents: ReadonlyMap<string, string>): Promise<Buffer> {
  if (plan.steps.length === 0) return Buffer.alloc(0);
  const archive = pack();
  // The same plan gives the same bytes: no times, no owners.
  const add = (name: string, text: string) => archive.entry({ name, mode: 0o600, mtime: new Date(0) }, text);
  add('plan', plan.steps.map((line) => `${line}\n`).join(''));
  for (const { path } of plan.files) add(`files/${path}`, contents.get(path) ?? '');
  for (const { path, text } of plan.live) add(`live${path}`, text);
  archive.finalize();
  return buffer(archive);
}

/** The header lines of docs/gateway-protocol.md, and the bundle after them. */
export function request(plan: Plan, archive: Buffer, { epoch, script, reached, windowSeconds }: Envelope): Buffer {
  const lines = [
    `epoch ${epoch}`,
    `script ${script}`,
    ...(reached ? [`reached ${reached.generation} ${reached.epoch}`] : []),
    `digest ${plan.digest}`,
    `base ${plan.base}`,
    ...plan.believed.map(({ path, sha256 }) => `live ${path} ${sha256}`),
    `window ${windowSeconds}`,
    `bundle ${archive.length} ${createHash('sha256').update(archive).digest('hex')}`,
  ];
  return Buffer.concat([Buffer.from(lines.map((line) => `${line}\n`).join('')), archive]);
}
