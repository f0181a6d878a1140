/** Reads the files behind a machine's TLS settings over the administrator's login, since only root may read its keys. */
import type { Sources } from '../platforms/postfix/present/sources.ts';
import { call, elevated, type Elevation } from './call.ts';
import type { Connection } from './ssh.ts';

/** Texts by path, and the lines of each table; what cannot be read is absent. Keys are among them: nothing of it is ever logged. */
export interface SourceTexts {
  readonly files: ReadonlyMap<string, string>;
  readonly tables: ReadonlyMap<string, string>;
  /** All settings of nginx, as it prints them; absent where it cannot. */
  readonly nginx?: string;
}

export async function readSources(
  connection: Connection,
  as: Elevation,
  { pairs, bundles, tables, lookups }: Sources,
  nginx: boolean,
): Promise<SourceTexts> {
  const paths = [...new Set([...pairs.flatMap(({ certificate, key }) => [certificate, key]), ...bundles, ...lookups])];
  if (paths.length + tables.length === 0 && !nginx) return { files: new Map(), tables: new Map() };
  const { command, preamble } = await elevated(connection, 'sh -s', as);
  const { texts } = await call(connection, command, preamble + readScript(paths, tables, nginx));
  const found = (kind: string, names: readonly string[]) =>
    new Map(
      names.flatMap((name, index) => {
        const text = texts.get(`${kind}-${index}`);
        return text === undefined ? [] : [[name, text] as const];
      }),
    );
  const settings = texts.get('nginx');
  return {
    files: found('file', paths),
    tables: found('table', tables),
    ...(settings === undefined ? {} : { nginx: settings }),
  };
}

/** Prints each file, each table as postmap lists it, and what nginx says of itself, in the frames of an answer (docs/gateway-protocol.md). */
export function readScript(paths: readonly string[], tables: readonly string[], nginx: boolean): string {
  return [
    'LC_ALL=C; export LC_ALL',
    `show() { text=$(head -c ${largestBytes}; echo .); text=\${text%.}; printf 'text %s %s\\n%s\\n' "$1" "\${#text}" "$text"; }`,
    ...paths.map((path, index) => `[ ! -f ${quoted(path)} ] || show file-${index} <${quoted(path)}`),
    ...tables.map(
      (table, index) =>
        `! rows=$(postmap -s ${quoted(table)} 2>/dev/null </dev/null) || printf '%s\\n' "$rows" | show table-${index}`,
    ),
    ...(nginx ? ['nginx -T 2>/dev/null | show nginx'] : []),
    'echo end\n',
  ].join('\n');
}

const largestBytes = 2_000_000;

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
