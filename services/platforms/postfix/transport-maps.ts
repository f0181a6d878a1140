/**
 * transport_maps of main.cf, which Signet shares with its owner: its table is the last one, so that whatever the owner routes goes on
 * going there, and it is taken out again without a trace.
 */
import { currentPath } from '../platform.ts';
import { ledBack } from './led-back.ts';
import { ended, lineEnd, withoutEnd } from './lines.ts';
import { valueIn } from './main-cf.ts';
import { segments, type Segment } from './segments.ts';
import { transportPath } from './transports.ts';

export const transportMaps = 'transport_maps';

const own = `texthash:${currentPath(transportPath)}`;
const ownLine = `${transportMaps} = ${own}`;

/** A value of transport_maps without Signet's table. */
export function ownersMaps(value: string): string {
  const said = ledBack(value, new Set([transportPath]));
  return said.replace(`, ${own}`, '').replace(own, '').trim();
}

export function hasOwnTable(mainCf: string): boolean {
  return (valueIn(mainCf, transportMaps) ?? '').includes(own);
}

/** The owner's main.cf: without Signet's table, wherever it stands. */
export function withoutOwnTable(mainCf: string): string {
  return segments(mainCf)
    .map(({ kind, text }) => {
      if (kind === 'block') return text.replace(new RegExp(`^${escaped(ownLine)}\\r?\\n`, 'm'), '');
      return kind === 'logical' ? text.replace(`, ${own}`, '').replace(` ${own}`, '') : text;
    })
    .join('');
}

/** What Signet's block has to set where the owner's main.cf has no such line. */
export function tableParameter(ownersMainCf: string): Readonly<Record<string, string>> {
  return ownersLine(ownersMainCf) === undefined ? { [transportMaps]: own } : {};
}

/** main.cf with Signet's table at the end of the owner's line, where there is one. */
export function withOwnTable(mainCf: string): string {
  const all = segments(mainCf);
  const line = ownersLine(mainCf);
  if (line === undefined) return mainCf;
  const text = all[line]?.text ?? '';
  const end = text.endsWith('\n') ? lineEnd(text) : '';
  const separator = (valueIn(text, transportMaps) ?? '') === '' ? ' ' : ', ';
  return all
    .with(line, { kind: 'logical', text: ended(withoutEnd(text) + separator + own, end) })
    .map((segment) => segment.text)
    .join('');
}

/** The index of the line that counts, outside Signet's block: the last one. */
function ownersLine(mainCf: string): number | undefined {
  const found = segments(mainCf).findLastIndex(
    (segment: Segment) => segment.kind === 'logical' && valueIn(segment.text, transportMaps) !== undefined,
  );
  return found === -1 ? undefined : found;
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
