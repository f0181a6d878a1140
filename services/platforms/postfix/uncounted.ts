/** What the owner has said since of lists and maps that Signet's options hold a copy of, or stand in the place of. */
import type { PostfixFacts, PostfixService } from '../../schema/types.generated.ts';
import { currentFiles } from '../platform.ts';
import { restrictionLists } from './client-checks.ts';
import type { Setting } from './entry.ts';
import { ownerOf, type Owner } from './owner.ts';
import { discardKeywords, discardMaps, discardValue } from './starttls.ts';

export interface Uncounted extends Setting {
  /** The option of Signet's that smtpd takes instead. */
  readonly option: string;
}

/** The owner's settings that do not count on a deployed service. */
export function uncounted({ address, port, options }: PostfixService, live: PostfixFacts): readonly Uncounted[] {
  const owner = ownerOf(address, port, live);
  const lists = restrictionLists.filter((name) => !isKept(options[name], owner.values(name)));
  return [
    ...lists.map((name) => ({ name, option: name })),
    ...uncountedDiscards(options, owner).map((name) => ({ name, option: discardMaps })),
  ].map((one) => ({ ...one, value: owner.values(one.name)[0] ?? '' }));
}

/** Whether an option says what the owner's list says, behind Signet's own check. */
function isKept(option: string | undefined, values: readonly string[]): boolean {
  if (option === undefined) return true;
  const [, copy = ''] = ownCheck.exec(option) ?? [];
  return values.every((value) => value === copy);
}

/** Signet's part of a list, and behind it a copy of the owner's, if there is one. */
const ownCheck = new RegExp(
  `^check_\\w+ [^ ]*${currentFiles}[^ ]*(?:, (?:check_\\w+ [^ ]*${currentFiles}[^ ]*|reject_plaintext_session|permit_tls_all_clientcerts|reject))*(?:, (.*))?$`,
);

function uncountedDiscards(options: PostfixService['options'], owner: Owner): readonly string[] {
  const [, place] = /cidr:([^,}]*)/.exec(options[discardMaps] ?? '') ?? [];
  if (place === undefined || discardValue(place, owner) === options[discardMaps]) return [];
  return [owner.values(discardMaps)[0] === '' ? discardKeywords : discardMaps];
}
