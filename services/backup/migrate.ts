/** A configuration file of any version as one of the present version: one step a version, each a pure function. */
import { NamedError } from '../errors.ts';
import type { JsonObject } from '../schema/json.ts';
import { parse } from '../schema/parse.ts';
import type { ConfigurationFile } from '../schema/types.generated.ts';

export const version = 3;

/** From the version of its place in the list, counted from 1, to the next one. */
const steps: readonly ((file: JsonObject) => JsonObject)[] = [
  // Format 1 had neither `controller` nor `committed` nor `originals`: such a file cannot be taken over from.
  (file) => ({ ...file, signet: 2 }),
  // Format 2 had no audit trail beside the history.
  (file) => ({ ...file, signet: 3 }),
];

/** Throws `invalid-input` for a file from the future, and for what does not fit its version. */
export function migrate(value: unknown): ConfigurationFile {
  const from = versionOf(value);
  if (from > version) {
    throw new NamedError(
      'invalid-input',
      `the configuration file has format version ${from}, newer than this controller's ${version}; load it with a newer Signet`,
    );
  }
  const file = steps.slice(from - 1).reduce((file, step) => step(file), value as JsonObject);
  return parse('configuration-file', file, 'the configuration file');
}

/** The present version where there is none: then the schema says what is wrong. */
function versionOf(value: unknown): number {
  if (typeof value !== 'object' || value === null || !('signet' in value)) return version;
  return Number.isInteger(value.signet) && Number(value.signet) > 0 ? Number(value.signet) : version;
}
