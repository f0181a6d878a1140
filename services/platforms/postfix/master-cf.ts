/** master.cf read: its services of type inet, what they bind, and which of them carry what Signet sets. */
import type { PostfixFacts, PostfixService } from '../../schema/types.generated.ts';
import { currentFiles } from '../platform.ts';
import { entryIn, type Entry } from './entry.ts';
import { isService, listenerEndpoints, masterKey, overlap, serviceEndpoints, type Endpoint } from './endpoints.ts';
import { physicalLines } from './lines.ts';
import { isOptionsMark } from './marks.ts';
import { openBlock, segments, type Segment } from './segments.ts';

/** A service of type inet as it stands in a file. */
export interface Inet {
  readonly text: string;
  readonly entry: Entry;
  readonly endpoints: readonly Endpoint[];
  /** How master(8) recognises it. */
  readonly key: string;
}

/** The services of type inet that are in force, those of the marked block included. */
export function inetServices(masterCf: string, facts: PostfixFacts): readonly Inet[] {
  return segments(masterCf)
    .flatMap((segment) => (segment.kind === 'block' ? openBlock(segment.text).inside : [segment]))
    .flatMap((segment) => inetIn(segment, facts) ?? []);
}

/** Every service of master.cf that is in force, of any type. */
export function entries(masterCf: string): readonly Entry[] {
  return segments(masterCf)
    .flatMap((segment) => (segment.kind === 'block' ? openBlock(segment.text).inside : [segment]))
    .flatMap(({ kind, text }) => (kind === 'logical' ? (entryIn(text) ?? []) : []));
}

export function inetIn({ kind, text }: Segment, facts: PostfixFacts): Inet | undefined {
  const entry = kind === 'logical' ? entryIn(text) : undefined;
  if (entry?.type !== 'inet') return undefined;
  return { text, entry, endpoints: serviceEndpoints(entry.name, facts), key: masterKey(entry.name, facts) };
}

/** Whether Signet sets options on it, by what stands in the text: its own records may be lost. */
export function carriesOptions({ text, entry }: Inet): boolean {
  return physicalLines(text).some(isOptionsMark) || entry.options.some(({ value }) => value.startsWith(currentFiles));
}

/** Whether the service is the one that Signet's service means. */
export function isFor(inet: Inet, { address, port }: PostfixService, facts: PostfixFacts): boolean {
  return isService(inet.endpoints, listenerEndpoints(address, port, facts));
}

/** Whether both cannot listen at once. */
export function clashes(inet: Inet, { address, port }: PostfixService, facts: PostfixFacts): boolean {
  return overlap(inet.endpoints, listenerEndpoints(address, port, facts));
}
