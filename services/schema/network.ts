/** IP networks: read from text, written in one spelling, and whether an address is in one. */
import { isIPv4, isIPv6 } from 'node:net';

/** An address is a network of one. */
export interface Network {
  readonly family: 4 | 6;
  /** The first address, as a number. */
  readonly first: bigint;
  /** Leading bits that its addresses share: 0 to 32 or 128. */
  readonly bits: number;
}

const widths = { 4: 32, 6: 128 } as const;

/**
 * Reads an address or ADDRESS/BITS of either family; undefined when it is neither. Bits beyond the prefix are cleared, and an
 * IPv4 address in IPv6 (::ffff:192.0.2.1, RFC 4291 2.5.5.2) is the IPv4 address, as Postfix has it.
 */
export function readNetwork(text: string): Network | undefined {
  const [, address, prefix] = /^([0-9a-f.:]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
  if (address === undefined) return undefined;
  const family = isIPv4(address) ? 4 : isIPv6(address) ? 6 : undefined;
  if (family === undefined) return undefined;
  const bits = prefix === undefined ? widths[family] : Number(prefix);
  if (bits > widths[family]) return undefined;
  const value = family === 4 ? valueOfIPv4(address) : valueOfIPv6(address);
  if (family === 6 && value >> 32n === 0xffffn && bits >= 96) return network(4, value & 0xffffffffn, bits - 96);
  return network(family, value, bits);
}

/** In the spelling of RFC 5952; a network of one without its prefix. */
export function networkText({ family, first, bits }: Network): string {
  const address = family === 4 ? textOfIPv4(first) : textOfIPv6(first);
  return bits === widths[family] ? address : `${address}/${bits}`;
}

/** Whether every address of `inner` is one of `outer`. */
export function contains(outer: Network, inner: Network): boolean {
  if (outer.family !== inner.family || outer.bits > inner.bits) return false;
  const shift = BigInt(widths[outer.family] - outer.bits);
  return outer.first >> shift === inner.first >> shift;
}

/** Networks with something each, in which the first that holds a network is found in as many steps as there are lengths of prefixes. */
export interface NetworkIndex<T> {
  /** What was added first for a network counts. */
  add(network: Network, value: T): void;
  /** The value of the widest network that holds all of this one. */
  holding(network: Network): T | undefined;
}

export function networkIndex<T>(): NetworkIndex<T> {
  const values = new Map<string, T>();
  const lengths = { 4: new Set<number>(), 6: new Set<number>() };
  const key = ({ family, first, bits }: Network) => `${family} ${bits} ${first}`;
  return {
    add(one, value) {
      if (values.has(key(one))) return;
      values.set(key(one), value);
      lengths[one.family].add(one.bits);
    },
    holding({ family, first, bits }) {
      for (const length of [...lengths[family]].sort((a, b) => a - b)) {
        const found = length > bits ? undefined : values.get(key(network(family, first, length)));
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

function network(family: 4 | 6, value: bigint, bits: number): Network {
  const shift = BigInt(widths[family] - bits);
  return { family, first: (value >> shift) << shift, bits };
}

function valueOfIPv4(address: string): bigint {
  return address.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

/** By way of URL, whose parser (WHATWG) writes any spelling of an IPv6 address as RFC 5952 does. */
function valueOfIPv6(address: string): bigint {
  const [head = '', tail] = canonicalIPv6(address).split('::');
  const [front, back] = [groups(head), groups(tail ?? '')];
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => '0');
  return [...front, ...zeros, ...back].reduce((value, part) => (value << 16n) | BigInt(`0x${part}`), 0n);
}

function groups(text: string): readonly string[] {
  return text === '' ? [] : text.split(':');
}

function textOfIPv4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join('.');
}

function textOfIPv6(value: bigint): string {
  const parts = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
  return canonicalIPv6(parts.join(':'));
}

function canonicalIPv6(address: string): string {
  return new URL(`http://[${address}]/`).hostname.slice(1, -1);
}
