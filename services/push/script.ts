/** The gateway script that goes with this controller: its text, its version, and the carrier that installs it. */
import { readFileSync } from 'node:fs';

export interface Script {
  readonly version: string;
  readonly text: string;
  /** What is sent to `sh -s install`: it carries the script inside. */
  readonly installer: string;
}

/** Reads `gateway` and `carrier` from the folder `deploy/gateway`; both are built by `deploy/gateway/build`. */
export function readScript(folder: string): Script {
  const text = readFileSync(`${folder}/gateway`, 'utf8');
  const carrier = readFileSync(`${folder}/carrier`, 'utf8');
  const version = /^version=(\S+)$/m.exec(text)?.[1];
  if (version === undefined) throw new Error(`${folder}/gateway has no version; run npm run build`);
  return { version, text, installer: carrier.replace(/^@gateway@\n/m, () => text) };
}
