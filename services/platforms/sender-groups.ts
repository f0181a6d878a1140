/** Sender groups of a listener: the order in which a client is held against them, and the entry that it matches. */
import { contains, readNetwork, type Network } from '../schema/network.ts';
import { readSender, type Sender } from '../schema/sender.ts';
import type { SenderGroupsOfAListener } from '../schema/types.generated.ts';

/** One sender of one group. */
export interface GroupEntry {
  readonly group: string;
  /** The mail flow policy by name. */
  readonly policy: string;
  readonly text: string;
  readonly sender: Sender;
}

export interface Client {
  /** An IP address. */
  readonly address: string;
  /** The host name that its address resolves to and that resolves to its address; undefined where there is none. */
  readonly name?: string | undefined;
}

/**
 * Every entry in the order in which it counts: by the groups' order, their name and the place in the list. `unknown` says
 * nothing about who a client is, so it comes after all that do.
 */
export function orderedEntries(groups: SenderGroupsOfAListener): readonly GroupEntry[] {
  const known = read.get(groups) ?? entriesOf(groups);
  read.set(groups, known);
  return known;
}

/** Machines that share their settings share what was read of them: thousands of senders take some 10 ms. */
const read = new WeakMap<SenderGroupsOfAListener, readonly GroupEntry[]>();

function entriesOf(groups: SenderGroupsOfAListener): readonly GroupEntry[] {
  const entries = Object.entries(groups)
    .sort(([a, one], [b, other]) => one.order - other.order || (a < b ? -1 : 1))
    .flatMap(([group, { senders, policy }]) =>
      senders.flatMap((text): readonly GroupEntry[] => {
        const sender = readSender(text);
        return sender ? [{ group, policy, text, sender }] : [];
      }),
    );
  const [known, unknown] = [entries.filter(isKnown), entries.filter((entry) => !isKnown(entry))];
  return [...known, ...unknown];
}

/** The first entry that a client matches; undefined when none does, and the listener's own policy counts. */
export function matchingEntry(groups: SenderGroupsOfAListener, client: Client): GroupEntry | undefined {
  const address = readNetwork(client.address);
  return orderedEntries(groups).find(({ sender }) => matches(sender, address, client.name));
}

function matches(sender: Sender, address: Network | undefined, name: string | undefined): boolean {
  switch (sender.kind) {
    case 'network':
      return address !== undefined && contains(sender.network, address);
    case 'host':
      return name === sender.name;
    case 'domain':
      return name?.endsWith(`.${sender.name}`) ?? false;
    case 'unknown':
      return name === undefined;
  }
}

function isKnown({ sender }: GroupEntry): boolean {
  return sender.kind !== 'unknown';
}
