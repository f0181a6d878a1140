/** How a difference looks to people: settings by level, what happened to groups and machines, and files per machine. */
import { faults } from '../errors.ts';
import type { Json } from '../schema/json.ts';
import type { Committed, DraftDiff, RevisionDiff, SettingsChange } from '../schema/types.generated.ts';
import { demonstrationNote, namesDemonstration } from './demonstration.ts';
import { pinnedAt, pinShown } from './pin-view.ts';
import type { Printer, Text } from './print.ts';
import { shown } from './shown.ts';

type DiffView = DraftDiff | RevisionDiff;

export interface DiffOptions {
  readonly machine?: string;
  readonly settings?: true;
  readonly files?: true;
}

export function showDiff(print: Printer, whole: DiffView, { machine, settings, files }: DiffOptions): void {
  const both = settings === undefined && files === undefined;
  const diff = {
    ...whole,
    settings: both || settings ? whole.settings.filter(({ level }) => concerns(level, machine)) : [],
    structure: both || settings ? whole.structure : [],
    machines: both || files ? whole.machines.filter((one) => machine === undefined || one.machine === machine) : [],
  };
  print.show(diff, () => {
    showSettings(print, diff);
    for (const { machine: name, diff: text } of diff.machines) {
      if (text === '') continue;
      print.line({ text: `\n${name}`, tone: 'strong' });
      print.diff(text);
    }
    if (diff.settings.length + diff.structure.length + diff.machines.length === 0) print.line('no difference');
    if ('conflicts' in whole) warn(print, whole);
  });
}

function concerns(level: string, machine: string | undefined): boolean {
  return machine === undefined || !level.startsWith('machine/') || level === `machine/${machine}`;
}

function showSettings(print: Printer, { settings, structure }: DiffView): void {
  for (const sentence of structure) print.line(sentence);
  const levels = [...new Set(settings.map(({ level }) => level))];
  for (const level of levels) {
    print.line({ text: level, tone: 'strong' });
    for (const change of settings) if (change.level === level) print.line(changeLine(change));
  }
}

/** One setting that differs, with its old and its new value. */
export function changeLine({ pointer, before, after }: Omit<SettingsChange, 'level'>): Text {
  const pinned = pinnedAt(pointer);
  const inWords = pinned === undefined ? (value: unknown) => shown(value as Json) : pinShown;
  const at = pinned === undefined ? pointer : `pin ${pinned}`;
  const old = { text: inWords(before), tone: 'bad' } as const;
  const fresh = { text: inWords(after), tone: 'good' } as const;
  const note = namesDemonstration(pointer, after) ? [', ', demonstrationNote] : [];
  if (before === undefined) return [{ text: '  + ', tone: 'good' }, `${at} `, fresh, ...note];
  if (after === undefined) return [{ text: '  - ', tone: 'bad' }, `${at} `, old];
  return [{ text: '  ~ ', tone: 'warn' }, `${at} `, old, ' → ', fresh, ...note];
}

/** What a commit brings with it, when that is worth knowing. */
export function warnOf(print: Printer, { findings = [] }: Pick<Committed, 'findings'>): void {
  if (print.json || findings.length === 0) return;
  print.note({ text: 'Worth knowing:', tone: 'warn' });
  print.findings(findings);
}

/** What would stop a commit, said before anyone tries. */
function warn(print: Printer, { conflicts, findings, base, head }: DraftDiff): void {
  if (conflicts.length > 0) {
    print.note({
      text: `\nSomeone changed the same since your draft began (r${base}, now r${head}):`,
      tone: 'bad',
    });
    print.findings(conflicts);
  }
  const wrong = faults(findings);
  if (wrong.length > 0) {
    print.note({ text: '\nThis would be refused:', tone: 'bad' });
    print.findings(wrong);
  }
  if (wrong.length < findings.length) {
    print.note({ text: '\nWorth knowing:', tone: 'warn' });
    print.findings(findings.filter((finding) => !wrong.includes(finding)));
  }
}
