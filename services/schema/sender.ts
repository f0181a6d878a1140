/** What stands in a sender group: by which clients are told apart, read from text and written in one spelling. */
import { canonicalDomain } from './domain.ts';
import { networkText, readNetwork, type Network } from './network.ts';

export type Sender =
  | { readonly kind: 'network'; readonly network: Network }
  /** One host, by its verified name. */
  | { readonly kind: 'host'; readonly name: string }
  /** Every host below the domain, not the domain itself. */
  | { readonly kind: 'domain'; readonly name: string }
  /** Clients without a verified name. */
  | { readonly kind: 'unknown' };

/** Reads one entry in any spelling; undefined when it is none. */
export function readSender(text: string): Sender | undefined {
  const network = readNetwork(text);
  if (network) return { kind: 'network', network };
  if (text.toLowerCase() === 'unknown') return { kind: 'unknown' };
  const kind = text.startsWith('.') ? 'domain' : 'host';
  const name = canonicalDomain(kind === 'domain' ? text.slice(1) : text);
  return isHostName(name) ? { kind, name } : undefined;
}

/** The one spelling of an entry, in which equal ones are equal; what is no entry stays as it is, for the schema to refuse. */
export function canonicalSender(text: string): string {
  const sender = readSender(text);
  return sender ? senderText(sender) : text;
}

export function senderText(sender: Sender): string {
  switch (sender.kind) {
    case 'network':
      return networkText(sender.network);
    case 'host':
      return sender.name;
    case 'domain':
      return `.${sender.name}`;
    case 'unknown':
      return sender.kind;
  }
}

/** A name as the DNS has it; one whose last label is a number would be read as an address (RFC 1123 2.1). */
function isHostName(name: string): boolean {
  const labels = name.split('.');
  const isLabel = (label: string) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label);
  return name.length <= 253 && labels.every(isLabel) && !/^\d+$/.test(labels.at(-1) ?? '');
}
