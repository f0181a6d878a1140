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

Made from \`services/platforms/postfix/outcomes.ts\`. What the levels are for and how to set them is in
[destinations.md](destinations.md).

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

Postfix names each TLS session by how far it could verify the server, also where the level does not ask for it. Trust and name are
told apart: the name is looked at only where the level asks for it.

| verdict | server | log |
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

function loggedRows(): readonly string[] {
  const rows = outcomes.flatMap((one) => {
    const word = logged(one);
    return word === undefined
      ? []
      : [`${words[one.verdict]} | ${peers[one.peer]} | \`${word} TLS connection established\``];
  });
  return [...new Set(rows)];
}
