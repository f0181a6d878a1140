/** docs/outcomes.md: what becomes of a message, by level and by how the other server behaves. */
import {
  conditions,
  logged,
  outcomes,
  peers,
  type Outcome,
  type Peer,
  type Verdict,
} from '../../../services/platforms/postfix/outcomes.ts';

const words: Readonly<Record<Verdict, string>> = {
  clear: 'in clear',
  unverified: 'TLS',
  verified: '**verified**',
  deferred: 'waits',
};

export function outcomesPage(): string {
  const columns = Object.keys(peers) as Peer[];
  return `# Outcomes: what becomes of a message

Made from \`services/platforms/postfix/outcomes.ts\`, and proven row by row: a test sends real mail through a real Postfix to servers that
behave so (\`test/scenarios/outbound.test.ts\`). What the levels are for and how to set them is in [destinations.md](destinations.md).

*In clear*: delivered without TLS. *TLS*: delivered over TLS, to whoever answered. *Verified*: delivered over TLS to a server that was
verified as the level demands. *Waits*: stays in the queue and is tried again.

The server of the destination

${Object.values(peers)
  .map((peer, index) => `${index + 1}. ${peer}`)
  .join('\n')}

| level | and | ${columns.map((_, index) => index + 1).join(' | ')} |
|---|---|${columns.map(() => '---|').join('')}
${groups()
  .map(
    (group) =>
      `| ${title(group[0])} | ${columns.map((peer) => cell(group.find((one) => one.peer === peer))).join(' | ')} |`,
  )
  .join('\n')}

${notes()
  .map((note, index) => `<sup>${index + 1}</sup> ${note}.`)
  .join('\n')}

## In the mail log

Postfix names each TLS session by how far it could verify the server, also where the level does not ask for it. Trust and name are told
apart: *Trusted* is a chain that leads to an authority of \`outbound/trust\`, and the name is looked at only where the level asks for
it. So at \`preferred-verify\` the log tells whether the chain was verified, and never whether the name was.

| the line says | the message | the server, or the DNS |
|---|---|---|
${loggedRows()
  .map((row) => `| ${row} |`)
  .join('\n')}
`;
}

/** The outcomes of one level and condition, in the order of the table. */
function groups(): readonly (readonly Outcome[])[] {
  const by = new Map<string, Outcome[]>();
  for (const one of outcomes) {
    const key = `${one.level} ${one.condition ?? ''}`;
    by.set(key, [...(by.get(key) ?? []), one]);
  }
  return [...by.values()];
}

function title(one: Outcome | undefined): string {
  return one === undefined ? '' : `\`${one.level}\` | ${one.condition === undefined ? '' : conditions[one.condition]}`;
}

function cell(one: Outcome | undefined): string {
  if (one === undefined) return '';
  const later = one.later === undefined ? '' : `, later ${words[one.later]}`;
  const note = one.note === undefined ? '' : `<sup>${notes().indexOf(one.note) + 1}</sup>`;
  return `${words[one.verdict]}${later}${note}`;
}

function notes(): readonly string[] {
  return [...new Set(outcomes.flatMap(({ note }) => note ?? []))];
}

/** Each line of the log, with what becomes of the message and all the reasons for it. */
function loggedRows(): readonly string[] {
  const by = new Map<string, Set<string>>();
  for (const one of outcomes) {
    const line = logged(one);
    if (line === undefined) continue;
    const key = `\`${line}\` | ${words[one.verdict]}`;
    by.set(key, (by.get(key) ?? new Set()).add(because(one, line)));
  }
  return [...by].map(([key, reasons]) => `${key} | ${[...reasons].join('; ')}`);
}

function because({ verdict, condition, peer }: Outcome, line: string): string {
  if (verdict === 'verified') return 'as the level demands';
  if (verdict === 'unverified' && condition === 'insecure-exchanger-default')
    return 'its key is in TLSA records, but no signed record names it';
  if (condition && /TLSA|DNSSEC/.test(line)) return conditions[condition];
  return line.startsWith('Server certificate') ? 'its certificate is not what the level demands' : peers[peer];
}
