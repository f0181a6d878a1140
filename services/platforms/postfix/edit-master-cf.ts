/** master.cf with the services that Signet's listeners are: those that were there taken over in place, the others appended. */
import { NamedError } from '../../errors.ts';
import type { PostfixFacts, PostfixService, PostfixTransport } from '../../schema/types.generated.ts';
import { overlap, parameter } from './endpoints.ts';
import { entryIn, renamed, withOptions, withoutOptions } from './entry.ts';
import { ended, join, lineEnd, withoutEnd } from './lines.ts';
import { backFromAside, isOptionsMark, optionsMark, setAside } from './marks.ts';
import { carriesOptions, clashes, inetIn, inetServices, isFor, type Inet } from './master-cf.ts';
import { openBlock, segments, withBlock, type Segment } from './segments.ts';
import { isSignets, listenerOptions } from './service-options.ts';

export interface MasterCfEdit {
  readonly live: PostfixFacts;
  /** As before join: what a service goes back to when Signet no longer owns it. */
  readonly original: PostfixFacts;
  readonly wanted: readonly PostfixService[];
  readonly previous: readonly PostfixService[];
  readonly transports: readonly PostfixTransport[];
}

/** Every line that is not Signet's stays byte for byte; a service that others own and a listener clashes with is refused. */
export function editMasterCf({ live, original, wanted, previous, transports }: MasterCfEdit): string {
  const end = lineEnd(live.masterCf, original.masterCf);
  const { outside, inside, index } = openBlock(live.masterCf);
  const originalOf = pairing(outside, inetServices(original.masterCf, live), live);
  const served = new Set<PostfixService>();
  const replaced: Inet[] = [];

  function edited(part: Segment, aside: boolean): string {
    const inet = inetIn(part, live);
    if (!inet) return isOptionsMark(part.text) ? '' : part.text;
    const before = originalOf(inet);
    const ours = aside || carriesOptions(inet) || previous.some((service) => isFor(inet, service, live));
    // A command that was changed by hand in what is Signet's goes back, too.
    const now = ours && !isSmtpd(inet) && before && isSmtpd(before) ? before : inet;
    const own = wanted.find((service) => isSmtpd(now) && isFor(now, service, live));
    if (own) {
      served.add(own);
      return takenOver(now.text, own, end);
    }
    const clash = wanted.find((service) => clashes(inet, service, live));
    if (!ours && clash) throw refusal(inet, clash);
    if (!ours) return part.text;
    const back = givenBack(part.text, before, end);
    if (!clash) return back;
    if (isSmtpd(now)) replaced.push({ ...now, text: back });
    return setAside(back);
  }

  const pieces = outside.map((segment) =>
    join(
      parts(segment).map((part) => edited(part, segment.kind === 'aside')),
      end,
    ),
  );
  const appended = wanted
    .filter((service) => !served.has(service))
    .map((service) => {
      const present = inside.flatMap((segment) => inetIn(segment, live) ?? []);
      const before = present.find((inet) => isSmtpd(inet) && isFor(inet, service, live));
      return takenOver(before?.text ?? fresh(service, replaced, original, live), service, end);
    });
  const delivering = transports.map((transport) => takenOver(likeDefault(transport, outside, live), transport, end));
  return join(withBlock(pieces, index, [...appended, ...delivering], end), end);
}

/** A delivery service that is as the one that delivers by default, with its columns and options, under another name. */
function likeDefault({ name, options }: PostfixTransport, outside: readonly Segment[], live: PostfixFacts): string {
  const [usual] = parameter(live, 'default_transport', 'smtp').split(':');
  const services = outside.filter(({ kind, text }) => {
    const entry = kind === 'logical' ? entryIn(text) : undefined;
    return entry?.type === 'unix' && entry.command === 'smtp';
  });
  const called = (wanted: string | undefined) => services.find(({ text }) => entryIn(text)?.name === wanted);
  const found = called(usual) ?? called('smtp');
  if (!found) return `${name} unix - - n - - smtp`;
  return withoutOptions(renamed(found.text, name), (option) => Object.hasOwn(options, option.name));
}

/**
 * For a service outside the block, asked about in the order of the file, the original it comes from: by its name and place
 * among those of the same name; else the only one that listened where it does.
 */
function pairing(
  outside: readonly Segment[],
  originals: readonly Inet[],
  facts: PostfixFacts,
): (inet: Inet) => Inet | undefined {
  const present = outside.flatMap(parts).flatMap((part) => inetIn(part, facts) ?? []);
  const times = new Map<string, number>();
  return (inet) => {
    const time = times.get(inet.key) ?? 0;
    times.set(inet.key, time + 1);
    const named = originals.filter(({ key }) => key === inet.key);
    const all = present.filter(({ key }) => key === inet.key);
    if (named.length === 0) return originals.find(({ endpoints }) => overlap(endpoints, inet.endpoints));
    return named.length === all.length ? named[time] : named.at(-1);
  };
}

/** The logical lines of a segment; those that were set aside are as they were before. */
function parts(segment: Segment): readonly Segment[] {
  return segment.kind === 'aside' ? segments(backFromAside(segment.text)) : [segment];
}

/** The entry with a service's options instead of those that decide the same; the last line of a file may lack its end. */
function takenOver(text: string, { options }: Pick<PostfixService, 'options'>, end: string): string {
  const settings = Object.entries(options)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ name, value }));
  if (settings.length === 0) return text;
  const full = withOptions(bare(text, end) + optionsMark + end, settings, end);
  return text.endsWith('\n') ? full : withoutEnd(full);
}

function bare(text: string, end: string): string {
  return withoutOptions(ended(text, end), isSignets);
}

function isSmtpd({ entry }: Inet): boolean {
  return entry.command === 'smtpd';
}

/**
 * The service as it was before Signet took it over; nothing when it was not there. What its owner changed in it since stays:
 * then only the options that Signet had taken out come back.
 */
function givenBack(text: string, original: Inet | undefined, end: string): string {
  if (!original) return '';
  const left = bare(text, end);
  if (bare(original.text, end) === left) return ended(original.text, text.endsWith('\n') ? end : '');
  const options = isSmtpd(original) ? original.entry.options.filter(({ name }) => listenerOptions.has(name)) : [];
  return withOptions(left, options, end);
}

/**
 * A new service. One that takes the place of another keeps its columns and its other options, such as a content filter; else
 * the columns are those of the first smtpd that was there, as chroot decides where its sockets are looked for.
 */
function fresh(
  { address, port }: PostfixService,
  replaced: readonly Inet[],
  original: PostfixFacts,
  facts: PostfixFacts,
): string {
  const name = address === 'all' ? String(port) : `${address.includes(':') ? `[${address}]` : address}:${port}`;
  const place = replaced.find((inet) => clashes(inet, { address, port, options: {} }, facts));
  if (place) return renamed(place.text, name);
  const [hidden, unprivileged, chroot] = inetServices(original.masterCf, facts).find(isSmtpd)?.entry.columns ?? [];
  const columns = [hidden ?? 'n', unprivileged ?? '-', chroot ?? 'n', '-', '-'].map((column) => column.padEnd(7));
  return `${name.padEnd(9)} inet  ${columns.join(' ')} smtpd`;
}

function refusal({ entry }: Inet, { address, port }: PostfixService): NamedError {
  return new NamedError(
    'invalid-configuration',
    `the listener on ${address === 'all' ? 'all addresses' : address}, port ${port}, would clash with "${entry.name} inet ... ${entry.command}" in master.cf, which Signet does not own; remove that line on the machine or change the listener`,
  );
}
