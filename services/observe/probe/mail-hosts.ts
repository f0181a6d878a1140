/** Who takes the mail of a domain: from its MX records to hosts in the order in which they are tried (RFC 5321 5.1). Pure. */

export interface MxRecord {
  /** Empty for the root, which names no host (RFC 7505). */
  readonly exchange: string;
  readonly priority: number;
}

export interface MailHosts {
  /** By MX records, by the domain's own address as there are none, or not at all: it takes no mail. */
  readonly found: 'mx' | 'address' | 'null-mx';
  readonly hosts: readonly { readonly name: string; readonly preference?: number }[];
}

/** As many as anybody sets up; a domain with more must not make the controller connect all day. */
const mostHosts = 10;

export function mailHosts(domain: string, records: readonly MxRecord[]): MailHosts {
  if (records.length === 0) return { found: 'address', hosts: [{ name: domain }] };
  const named = records.filter(({ exchange }) => exchange !== '' && exchange !== '.');
  if (named.length === 0) return { found: 'null-mx', hosts: [] };
  const hosts = named
    .map(({ exchange, priority }) => ({ name: exchange.replace(/\.$/, '').toLowerCase(), preference: priority }))
    .sort((a, b) => a.preference - b.preference || (a.name < b.name ? -1 : 1));
  return { found: 'mx', hosts: hosts.slice(0, mostHosts) };
}
