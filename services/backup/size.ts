/** How large a configuration file may be: a save writes none that a load would not take. */
import { NamedError } from '../errors.ts';
import type { ConfigurationFile } from '../schema/types.generated.ts';

const megabyte = 1024 * 1024;

/** Of a request that brings a file, which travels inside a JSON string: keys, chains, first files and history of a large fleet. */
export const loadLimitBytes = 64 * megabyte;

/** What a request has beside the file: passphrase and mapping. */
const besides = megabyte;

/** The text of a file; `precondition-failed` for one that a load would refuse, with what is large in it and what to do. */
export function textOf(file: ConfigurationFile, limit = loadLimitBytes): string {
  const text = `${JSON.stringify(file, null, 2)}\n`;
  const sent = bytesOf(text);
  if (sent + besides <= limit) return text;
  const sizes = Object.entries(file).map(([name, part]) => ({ name, bytes: bytesOf(part) }));
  const largest = sizes.toSorted((a, b) => b.bytes - a.bytes).slice(0, 3);
  const most = largest.map(({ name, bytes }) => `${name} ${inMegabytes(bytes)}`).join(', ');
  throw new NamedError(
    'precondition-failed',
    `the configuration file would be ${inMegabytes(sent)} as it is sent, and a load takes ${inMegabytes(limit - besides)}; the most of it is ${most}; nothing was saved; ${wayOut(file)}`,
  );
}

function wayOut({ history, parts }: ConfigurationFile): string {
  if (history) return 'save it without history (--history)';
  if (parts) return 'save fewer levels in one file';
  return 'save it in parts (--level, --certificate), and remove what is not needed: archives (signet archive delete), machines that left (signet machine forget)';
}

/** As it is sent: quotes and line ends take two bytes inside a string. */
function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function inMegabytes(bytes: number): string {
  return `${(bytes / megabyte).toFixed(1)} MB`;
}
