/** What if: the messages of the last days under other settings, as warnings. Pure. */
import type { Finding } from '../../errors.ts';
import { compareNames } from '../../machines/names.ts';
import { pointer } from '../../schema/pointer.ts';
import { fates, type Effect, type Fate } from './effect.ts';
import { foreseeInbound, matcher } from './foresee-inbound.ts';
import { foreseeOutbound } from './foresee-outbound.ts';
import type { Alike } from './alike.ts';
import { others } from './tally.ts';

/** What one part of the change means for one destination or client. */
interface Tally extends Pick<Effect, 'place' | 'at'> {
  readonly direction: 'in' | 'out';
  readonly peer: string;
  readonly machines: Set<string>;
  all: number;
  readonly fates: Map<Fate, number>;
  readonly questions: Map<string, number>;
}

/** So many destinations, and clients, are told one by one. */
const shown = 10;

export interface Foresight {
  foresee(messages: Alike): void;
  /**
   * A warning for each destination and client whose messages would not have gone as they did, the most affected first, or of
   * which that cannot be told.
   */
  tell(days: number): readonly Finding[];
}

/** Takes them one by one, as there may be many. */
export function foresight(): Foresight {
  const tallies = new Map<string, Tally>();
  const match = matcher();
  return {
    foresee({ change, count, machines }) {
      const { direction, peer, messages } = count;
      const effects = direction === 'out' ? foreseeOutbound(count, change) : foreseeInbound(count, change, match);
      for (const { place, at, fate, question } of effects) {
        const key = [direction, ...place, at, peer].join(' ');
        const fresh = { machines: new Set<string>(), all: 0, fates: new Map(), questions: new Map() };
        const tally = tallies.get(key) ?? { direction, peer, place, at, ...fresh };
        tallies.set(key, tally);
        for (const machine of machines) tally.machines.add(machine);
        tally.all += messages;
        if (question !== undefined) increase(tally.questions, question, messages);
        else if (fate !== 'same' && fate !== 'unknown') increase(tally.fates, fate, messages);
      }
    },
    tell(days) {
      const all = [...tallies.values()];
      return (['out', 'in'] as const).flatMap((direction) => {
        const here = all.filter((tally) => tally.direction === direction);
        const hit = here.filter((tally) => tally.fates.size > 0).sort((a, b) => hits(b) - hits(a));
        return [
          ...briefly(hit, days),
          ...uncertain(
            here.filter((tally) => tally.fates.size === 0),
            days,
          ),
        ];
      });
    },
  };
}

function increase<K>(numbers: Map<K, number>, key: K, by: number): void {
  numbers.set(key, (numbers.get(key) ?? 0) + by);
}

function hits({ fates: numbers }: Tally): number {
  return sum(numbers.values());
}

function briefly(hit: readonly Tally[], days: number): readonly Finding[] {
  const rest = hit.slice(shown);
  const [first] = rest;
  if (!first) return hit.map((tally) => warning([tally], sentence(tally, days)));
  const peers = new Set(rest.map(({ peer }) => peer)).size;
  const more = `${messages(sum(rest.map(hits)))} ${aim(first.direction)} ${peers} more ${kind(first)}`;
  return [
    ...hit.slice(0, shown).map((tally) => warning([tally], sentence(tally, days))),
    warning(rest, `it would have been no better for ${more}; see "signet tls-log --count"`),
  ];
}

function sentence(tally: Tally, days: number): string {
  const { direction, at, machines, all, fates: numbers, questions } = tally;
  const names = listed([...machines].sort(compareNames));
  const about = `${messages(all)} ${aim(direction)} ${nameOf(tally)} in the last ${days} days (${names})`;
  const [[fate, count] = ['waits' as const, 0], ...more] = [...numbers];
  const further = more.map(([other, number]) => `, and ${number} ${fates[other]}`).join('');
  const open = sum(questions.values());
  const doubt = open === 0 ? '' : `, and of ${open} that cannot be told`;
  return `${count} of ${about} ${fates[fate]} ${at}${further}${doubt}; see "signet tls-log --count --direction ${direction}"`;
}

function uncertain(tallies: readonly Tally[], days: number): readonly Finding[] {
  const questions = [...new Set(tallies.flatMap((tally) => [...tally.questions.keys()]))];
  return questions.map((question) => {
    const asked = tallies.filter((tally) => tally.questions.has(question));
    const count = sum(asked.map((tally) => tally.questions.get(question) ?? 0));
    const names = listed([...new Set(asked.map(nameOf))].sort());
    return warning(asked, `whether ${messages(count)} of the last ${days} days (${names}) ${question}`);
  });
}

/** At what all of them have in common, and about a machine when it is the only one. */
function warning(tallies: readonly Tally[], detail: string): Finding {
  const [first, ...others] = tallies.map(({ place }) => place);
  const common = (first ?? []).filter((part, index) => others.every((place) => place[index] === part));
  const [machine, ...more] = new Set(tallies.flatMap(({ machines }) => [...machines]));
  return {
    ...{ pointer: pointer(common), detail, severity: 'warning' },
    ...(machine !== undefined && more.length === 0 ? { machine } : {}),
  };
}

function aim(direction: 'in' | 'out'): string {
  return direction === 'out' ? 'to' : 'from';
}

function kind({ direction }: Pick<Tally, 'direction'>): string {
  return direction === 'out' ? 'destinations' : 'clients';
}

function nameOf(tally: Tally): string {
  return tally.peer === others ? `other ${kind(tally)}` : tally.peer;
}

function messages(count: number): string {
  return count === 1 ? '1 message' : `${count} messages`;
}

function listed(names: readonly string[]): string {
  const more = names.length > shown ? ` and ${names.length - shown} more` : '';
  return `${names.slice(0, shown).join(', ')}${more}`;
}

function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((total, number) => total + number, 0);
}
