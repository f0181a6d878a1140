/** How the arguments that several commands share are read, and how a command shows its example. */
import { InvalidArgumentError, type Command } from 'commander';

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/** A revision as people see it (r4) or plain. */
export function revisionNumber(text: string): number {
  if (!/^r?\d{1,9}$/.test(text))
    throw new InvalidArgumentError('It must be the number of a revision, such as 4 or r4.');
  return Number(text.replace('r', ''));
}

/** A day or a time, always UTC. */
export function instant(text: string): string {
  const time = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{3})?)?Z)?$/.test(text) ? new Date(text) : new Date(NaN);
  if (Number.isNaN(time.getTime())) {
    throw new InvalidArgumentError('It must be a day such as 2027-03-01, or a time such as 2027-03-01T08:00Z.');
  }
  return time.toISOString();
}

/** A time, or how long ago it was: 90m, 12h, 7d. */
export function instantOrAgo(text: string): string {
  const [, count, unit = ''] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  const minutes = { m: 1, h: 60, d: 24 * 60 }[unit];
  if (count === undefined || minutes === undefined) return instant(text);
  return new Date(Date.now() - Number(count) * minutes * 60_000).toISOString();
}

/** For options that may be given several times. */
export function several(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

/** A new command below `parent`, with the sentence and the example that its help shows. */
export function command(parent: Command, name: string, does: string, ...examples: readonly string[]): Command {
  return described(parent.command(name), does, ...examples);
}

/** The same for a command that is there. */
export function described(made: Command, does: string, ...examples: readonly string[]): Command {
  const example = examples.map((line) => `  ${line}\n`).join('');
  return made.description(does).addHelpText('after', `\nExample:\n${example}`);
}
