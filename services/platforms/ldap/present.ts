/** The TLS of LDAP tables that a machine's own Postfix uses (ldap_table(5)): listed and left alone, and never with what binds. */
import type { PostfixFacts } from '../../schema/types.generated.ts';
import { parametersIn, valueIn } from '../postfix/main-cf.ts';
import { currentFiles } from '../platform.ts';

const listed = /^(server_host|server_port|version|start_tls|tls_(?!key$)\w+)$/;

/** The files of tables that main.cf or master.cf names, Signet's own left out. */
export function lookupFiles({ mainCf, masterCf, configDirectory }: PostfixFacts): readonly string[] {
  const text = `${mainCf}\n${masterCf}`.replaceAll(/^\s*#.*$/gm, '');
  const named = text.replaceAll(/\$(?:\{config_directory\}|\(config_directory\)|config_directory\b)/g, configDirectory);
  const paths = [...named.matchAll(/\bldap:(\/[^\s,{}]+)/g)].map(([, path]) => path ?? '');
  return [...new Set(paths)].filter((path) => !path.startsWith(currentFiles));
}

export function presentLookup(
  path: string,
  text: string,
): readonly { readonly place: string; readonly name: string; readonly value: string }[] {
  return parametersIn(text)
    .filter((name) => listed.test(name))
    .map((name) => ({ place: path, name, value: valueIn(text, name) ?? '' }));
}
