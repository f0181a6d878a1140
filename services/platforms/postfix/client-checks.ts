/**
 * What clients of one listener must show before mail is taken, where they do not all have to show the same: access tables in one
 * of the owner's restriction lists (access(5), postconf smtpd_*_restrictions), and never an answer to what that list is for.
 */
import type { MailFlowPolicy, ManifestFile } from '../../schema/types.generated.ts';
import { currentPath } from '../platform.ts';
import type { GroupEntry } from '../sender-groups.ts';
import { inboundPath, type Flow } from './flow.ts';
import type { Owner } from './owner.ts';

/** What is still to be checked of a client, once the service's security level has done its part. */
type Demand = 'nothing' | 'tls' | 'no-invalid' | 'tls-no-invalid' | 'certificate';

interface Row {
  readonly entry: GroupEntry;
  readonly demand: Demand;
}

export type Checks =
  | { readonly kind: 'none' }
  /** A restriction list with what it must hold, and the tables that stand in it. */
  | {
      readonly kind: 'list';
      readonly parameter: string;
      readonly value: string;
      readonly refusesPlaintext: boolean;
      readonly files: readonly ManifestFile[];
    }
  /** Postfix cannot do it on this machine; `reason` says why and what to do. */
  | { readonly kind: 'impossible'; readonly reason: string };

export function checksOf(flow: Flow, owner: Owner): Checks {
  const fallback = demandOf(flow.fallback, flow);
  const rows = needed(
    flow.entries.map(({ entry, policy }) => ({ entry, demand: demandOf(policy, flow) })),
    fallback,
  );
  const demands = new Set([fallback, ...rows.map(({ demand }) => demand)]);
  if (demands.size === 1 && fallback === 'nothing') return { kind: 'none' };
  const asks = demands.has('no-invalid') || demands.has('tls-no-invalid');
  const inSequence = !mayLookUpNamesFirst(rows);
  if (asks && inSequence) return { kind: 'impossible', reason: askedInSequence };
  // A permit ends the list it stands in, so it may only stand in one that is Signet's alone.
  const mustBeFree = asks || inSequence || demands.has('certificate');
  const list = listFor(owner, mustBeFree);
  if (!list) return { kind: 'impossible', reason: mustBeFree ? noFreeList : noList };
  const { files, restrictions } = inSequence ? sequence(flow, rows, fallback) : single(flow, rows, fallback, asks);
  return {
    kind: 'list',
    parameter: list.parameter,
    value: [...restrictions, ...(list.own === '' ? [] : [list.own])].join(', '),
    refusesPlaintext: demands.has('tls') || demands.has('tls-no-invalid') || demands.has('certificate'),
    files,
  };
}

function demandOf({ tls, clientCertificate }: MailFlowPolicy, { level, policies }: Flow): Demand {
  if (tls === 'off') return 'nothing';
  const mustTurnToTls = tls === 'required' && level !== 'encrypt';
  switch (clientCertificate) {
    case 'ignore':
      return mustTurnToTls ? 'tls' : 'nothing';
    case 'ask':
      return mustTurnToTls ? 'tls-no-invalid' : 'no-invalid';
    case 'require':
      return isRequiredOfAll(policies) ? 'nothing' : 'certificate';
  }
}

/** Then the service as a whole demands it (postconf smtpd_tls_req_ccert). */
export function isRequiredOfAll(policies: Flow['policies']): boolean {
  return [...policies.values()].every(({ tls, clientCertificate }) => tls !== 'off' && clientCertificate === 'require');
}

/** Without the last ones that ask for what everyone else is asked for anyway. */
function needed(rows: readonly Row[], fallback: Demand): readonly Row[] {
  return rows.slice(0, rows.findLastIndex(({ demand }) => demand !== fallback) + 1);
}

/**
 * A check looks a client's name up before its address (check_client_access), so one is enough where that makes no difference: where
 * what goes by name stands before what goes by address, or asks for the same.
 */
function mayLookUpNamesFirst(rows: readonly Row[]): boolean {
  return rows.every(
    (row, index) => isAddress(row) || rows.slice(0, index).every((one) => !isAddress(one) || one.demand === row.demand),
  );
}

interface Rendered {
  readonly files: readonly ManifestFile[];
  readonly restrictions: readonly string[];
}

/** One check that has an answer for every client, so that what stands behind it in the list is reached. */
function single(flow: Flow, rows: readonly Row[], fallback: Demand, asks: boolean): Rendered {
  const asked: Rendered = {
    files: asks ? [{ path: inboundPath(flow.listener, 'certificates'), parts: [{ text: certificateTable }] }] : [],
    restrictions: asks ? [`check_ccert_access regexp:${path(flow, 'certificates')}`] : [],
  };
  if (rows.length === 0) return asked;
  const line = ({ entry, demand }: Row) => `${pattern(entry)} ${action(demand, asks)}`;
  const [addresses, names] = [rows.filter(isAddress).map(line), rows.filter((row) => !isAddress(row)).map(line)];
  const others = (everyone: readonly string[]) => everyone.map((one) => `${one} ${action(fallback, asks)}`);
  const byName = table(flow, 'names', addresses.length > 0 ? names : [...names, ...others(['/^/'])]);
  const byAddress = table(flow, 'addresses', [...addresses, ...others(['0.0.0.0/0', '::/0'])]);
  const used = [...(names.length > 0 ? [byName] : []), ...(addresses.length > 0 ? [byAddress] : [])];
  const [first, second] = used.map(({ map }) => map);
  const map = second === undefined ? first : `unionmap:{${first ?? ''},${second}}`;
  return {
    files: [...used.map(({ file }) => file), ...asked.files],
    restrictions: [`check_client_access ${map ?? ''}`, ...asked.restrictions],
  };
}

/** Checks one behind the other, by address or by name: the first that knows a client ends the list. */
function sequence(flow: Flow, rows: readonly Row[], fallback: Demand): Rendered {
  const tables = runsOf(rows).map((run, index) =>
    table(
      flow,
      `${run.every(isAddress) ? 'addresses' : 'names'}-${index + 1}`,
      run.map(({ entry, demand }) => `${pattern(entry)} ${action(demand, true)}`),
    ),
  );
  const rest = fallback === 'nothing' ? [] : [action(fallback, false)];
  return {
    files: tables.map(({ file }) => file),
    restrictions: [...tables.map(({ map }) => `check_client_access ${map}`), ...rest],
  };
}

/** What follows each other and goes by address, or by name, is one table. */
function runsOf(rows: readonly Row[]): readonly (readonly Row[])[] {
  const runs: Row[][] = [];
  for (const row of rows) {
    const last = runs.at(-1);
    if (last?.[0] && isAddress(last[0]) === isAddress(row)) last.push(row);
    else runs.push([row]);
  }
  return runs;
}

function table(
  flow: Flow,
  file: string,
  lines: readonly string[],
): { readonly file: ManifestFile; readonly map: string } {
  const title = `# What clients of listener ${flow.listener} must show (access(5)), written by Signet.`;
  return {
    file: { path: inboundPath(flow.listener, file), parts: [{ text: [title, ...lines, ''].join('\n') }] },
    map: `${file.startsWith('addresses') ? 'cidr' : 'regexp'}:${path(flow, file)}`,
  };
}

/** `ends`: what stands behind in the list is not for those who have shown what they must. */
function action(demand: Demand, ends: boolean): string {
  switch (demand) {
    case 'nothing':
      return ends ? 'permit' : 'DUNNO';
    case 'tls':
      return ends ? 'reject_plaintext_session, permit' : 'reject_plaintext_session';
    case 'no-invalid':
      return 'DUNNO';
    case 'tls-no-invalid':
      return 'reject_plaintext_session';
    case 'certificate':
      return 'reject_plaintext_session, permit_tls_all_clientcerts, reject';
  }
}

/** Asked only of who has shown a certificate: one that verifies is permitted, any other refused. */
const certificateTable = `# Client certificates that do not verify are refused (access(5)), written by Signet.
/^/ permit_tls_all_clientcerts, reject
`;

function isAddress({ entry }: Row): boolean {
  return entry.sender.kind === 'network';
}

/** A line's left side: cidr_table(5), or regexp_table(5) over the client's verified name, `unknown` where it has none. */
function pattern({ sender, text }: GroupEntry): string {
  if (sender.kind === 'network') return text;
  const name = text.replaceAll('.', '\\.');
  return sender.kind === 'domain' ? `/${name}$/` : `/^${name}$/`;
}

/** Lists that are gone through before mail is taken; the first that the owner leaves empty, else the one that is edited least. */
function listFor(owner: Owner, mustBeFree: boolean): { readonly parameter: string; readonly own: string } | undefined {
  // Without the delay it is gone through when a client connects, which is before it can turn to TLS.
  const isDelayed = !owner.values('smtpd_delay_reject').includes('no');
  const lists = restrictionLists.filter((name) => isDelayed || name !== 'smtpd_client_restrictions');
  const free = lists.find((name) => owner.values(name).every((value) => value === ''));
  if (free !== undefined) return { parameter: free, own: '' };
  if (mustBeFree) return undefined;
  const parameter = lists.findLast((name) => owner.values(name).length === 1);
  return parameter === undefined ? undefined : { parameter, own: owner.values(parameter)[0] ?? '' };
}

// Not smtpd_helo_restrictions, which a client goes round by not greeting, nor smtpd_relay_restrictions, which every Postfix sets.
export const restrictionLists = [
  'smtpd_sender_restrictions',
  'smtpd_client_restrictions',
  'smtpd_recipient_restrictions',
  'smtpd_data_restrictions',
];

const askedInSequence =
  'client certificates are asked for, and what goes by name stands behind what goes by address and asks for something else, which Postfix can do only one of; put the groups by name first, or list their addresses (unknown always stands last)';
const noFreeList = `this needs one of ${restrictionLists.join(', ')} to itself, and the machine sets them all; leave one of them empty there`;
const noList = `this takes one of ${restrictionLists.join(', ')}, and master.cf sets each of them differently on the lines of one listener; make one of them the same`;

function path({ listener }: Flow, file: string): string {
  return currentPath(inboundPath(listener, file));
}
