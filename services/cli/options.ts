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

/** For options that may be given several times. */
export function several(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

/** A new command below `parent`, with the sentence and the example that its help shows. */
export function command(parent: Command, name: string, does: string, ...examples: readonly string[]): Command {
  const example = examples.map((line) => `  ${line}\n`).join('');
  return parent.command(name).description(does).addHelpText('after', `\nExample:\n${example}`);
}
