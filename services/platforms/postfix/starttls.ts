/** STARTTLS withheld from some clients of a listener, on top of what its owner withholds from whom (postconf smtpd_discard_ehlo_*). */
import type { ManifestFile } from '../../schema/types.generated.ts';
import { currentPath } from '../platform.ts';
import { inboundPath, isWithheldFromSome, type Flow } from './flow.ts';
import type { Owner } from './owner.ts';

export const discardMaps = 'smtpd_discard_ehlo_keyword_address_maps';
export const discardKeywords = 'smtpd_discard_ehlo_keywords';

export function withheldOptions(flow: Flow, owner: Owner): Readonly<Record<string, string>> {
  return isWithheldFromSome(flow) ? { [discardMaps]: discardValue(path(flow, 'starttls'), owner) } : {};
}

/**
 * The owner's maps, each with Signet's word from the table at `place` added to its answer, and then Signet's word alone with the owner's
 * keywords, which Postfix uses where no map answers. A client that Signet has no word for, or `offered`, gets what the owner says.
 */
export function discardValue(place: string, owner: Owner): string {
  const [table, filter] = [`cidr:${place}`, `regexp:${place}-filter`];
  const keywords = words(owner.values(discardKeywords)[0] ?? '');
  const maps = words(owner.values(discardMaps)[0] ?? '').map((map) => `pipemap:{unionmap:{${table},${map}},${filter}}`);
  const alone = `pipemap:{${table},inline:{{withheld=${['starttls', ...keywords].join(',')}}}}`;
  return [...maps, alone].join(', ');
}

export function withheldFiles(flow: Flow, owner: Owner): readonly ManifestFile[] {
  if (!isWithheldFromSome(flow)) return [];
  const hasMaps = owner.values(discardMaps)[0] !== '';
  return [
    { path: inboundPath(flow.listener, 'starttls'), parts: [{ text: table(flow) }] },
    ...(hasMaps ? [{ path: inboundPath(flow.listener, 'starttls-filter'), parts: [{ text: filterTable }] }] : []),
  ];
}

/** Rows by address alone, since that is all Postfix looks at here; that names need none is checked at commit. */
function table({ listener, entries, fallback }: Flow): string {
  const rows = entries.flatMap(({ entry, policy }) =>
    entry.sender.kind === 'network' ? [{ text: entry.text, word: wordFor(policy.tls) }] : [],
  );
  const all = fallback.tls === 'off' ? ['0.0.0.0/0', '::/0'].map((text) => ({ text, word: 'withheld' })) : [];
  const needed = [...rows, ...all];
  // Whoever no row is for is offered STARTTLS anyway.
  const end = needed.findLastIndex(({ word }) => word === 'withheld') + 1;
  return `# STARTTLS for clients of listener ${listener} (cidr_table(5)), written by Signet.\n${needed
    .slice(0, end)
    .map(({ text, word }) => `${text} ${word}\n`)
    .join('')}`;
}

/** Of Signet's word and an owner's answer, the keywords; of Signet's word alone nothing, so that the next map is asked. */
const filterTable = `# Joins Signet's word on STARTTLS with another map's answer (regexp_table(5)), written by Signet.
if !/^(withheld|offered)$/
/^withheld,(.*)$/ starttls,$1
/^offered,(.*)$/ $1
/^(.*)$/ $1
endif
`;

function wordFor(tls: 'off' | 'preferred' | 'required'): string {
  return tls === 'off' ? 'withheld' : 'offered';
}

function path({ listener }: Flow, file: string): string {
  return currentPath(inboundPath(listener, file));
}

/** Words at commas and white space outside braces (mystrtokq). */
export function words(text: string): readonly string[] {
  const found: string[] = [];
  let [word, depth] = ['', 0];
  for (const character of `${text} `) {
    if (depth === 0 && /[\s,]/.test(character)) {
      if (word !== '') found.push(word);
      word = '';
      continue;
    }
    word += character;
    if (character === '{') depth += 1;
    if (character === '}') depth -= 1;
  }
  return found;
}
