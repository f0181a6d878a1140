/** Turns `unknown` into a typed value, or says everything that is wrong and where. The only place where that happens. */
import type { ErrorObject } from 'ajv';

import { NamedError, type Finding } from '../errors.ts';
import { validator } from './compile.ts';
import type { JsonObject } from './json.ts';
import type { Shapes } from './types.generated.ts';

/** Returns `value` typed as `shape`, unchanged; throws `invalid-input` with one finding per fault, named after `what`. */
export function parse<S extends keyof Shapes>(shape: S, value: unknown, what: string): Shapes[S] {
  const found = findings(shape, value);
  if (found.length > 0) {
    throw new NamedError(
      'invalid-input',
      `${what} is not valid: ${found[0]?.detail ?? ''}; correct it and send it again`,
      {
        findings: found,
      },
    );
  }
  return value as Shapes[S];
}

/** What is wrong with `value` as a `shape`, with a pointer each; empty when it is valid. */
export function findings(shape: keyof Shapes | 'layer', value: unknown): readonly Finding[] {
  const validate = validator(shape);
  if (validate(value)) return [];
  return describe(validate.errors ?? []);
}

/** `value` as a layer: a partial document in which null is a tombstone. */
export function layerFindings(value: JsonObject): readonly Finding[] {
  return findings('layer', value);
}

function describe(errors: readonly ErrorObject[]): readonly Finding[] {
  // `if` and the branches of a union only echo the faults below them; a bad name is told once, by `propertyNames`.
  const useful = errors.filter(
    ({ keyword, propertyName }) => !['if', 'oneOf', 'anyOf'].includes(keyword) && propertyName === undefined,
  );
  const seen = new Set<string>();
  return (useful.length > 0 ? useful : errors)
    .map((error) => ({ pointer: error.instancePath, detail: sentence(error) }))
    .filter(({ pointer, detail }) => !seen.has(pointer + detail) && seen.add(pointer + detail));
}

function sentence({ instancePath, keyword, params, message }: ErrorObject): string {
  const where = instancePath === '' ? 'the document' : instancePath;
  const facts = params as Readonly<Record<string, unknown>>;
  switch (keyword) {
    case 'additionalProperties':
      return `${where} has no setting "${String(facts['additionalProperty'])}"`;
    case 'propertyNames':
      return `"${String(facts['propertyName'])}" is not a valid name in ${where}`;
    case 'required':
      return `${where} lacks "${String(facts['missingProperty'])}"`;
    case 'enum':
      return `${where} must be one of ${(facts['allowedValues'] as readonly unknown[]).join(', ')}`;
    case 'const':
      return `${where} must be ${JSON.stringify(facts['allowedValue'])}`;
    case 'format':
      if (facts['format'] !== 'sender') return `${where} ${message ?? 'is not valid'}`;
      return `${where} is none of: an IPv4 or IPv6 address, a network such as 192.0.2.0/24 or 2001:db8::/32, a host name, .domain for every host below it, unknown`;
    case 'uniqueItems':
      return `${where} has the same item twice, numbers ${String(facts['i'])} and ${String(facts['j'])}`;
    case 'false schema':
      return `${where} does not belong here`;
    default:
      return `${where} ${message ?? 'is not valid'}`;
  }
}
