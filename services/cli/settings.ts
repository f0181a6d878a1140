/** `set`, `unset`, `remove`: changes of settings in the draft; `get` and `layer`: what a machine gets and what a level holds. */
import type { Command } from 'commander';

import { isObject, type Json, type JsonObject } from '../schema/json.ts';
import { parts, pointer, valueAt } from '../schema/pointer.ts';
import { amend, shown } from './changes.ts';
import { Failure } from './failure.ts';
import { command, revisionNumber } from './options.ts';
import type { Session } from './session.ts';
import { readValue } from './value.ts';

const levelHelp = 'cluster, group/NAME or machine/NAME';
const pathHelp = 'a JSON Pointer, the first slash may be left out: listeners/public/certificate';

export function settingsCommands(program: Command, session: () => Session): void {
  command(
    program,
    'set',
    'set a setting at a level, in your draft',
    'signet set cluster listeners/public/certificate mx',
    `signet set cluster destinations/example.org '{"tls":"required"}'`,
  )
    .argument('<level>', levelHelp)
    .argument('<path>', pathHelp)
    .argument('<value>', 'text, or JSON where the setting wants a number, a list or an object')
    .action(async (level: string, path: string, value: string) => {
      const at = parts(path);
      await amend(session(), [{ op: 'set', level, path: pointer(at), value: readValue(value, at) }]);
    });

  command(
    program,
    'unset',
    'take a setting from a level, in your draft, so that it is inherited again',
    'signet unset machine/mx2 certificates/mx',
  )
    .argument('<level>', levelHelp)
    .argument('<path>', pathHelp)
    .action(async (level: string, path: string) => {
      await amend(session(), [{ op: 'unset', level, path: pointer(parts(path)) }]);
    });

  command(
    program,
    'remove',
    'remove, in your draft, what the levels above set: it is then not there, rather than inherited',
    'signet remove machine/mx2 listeners/submission',
  )
    .argument('<level>', levelHelp)
    .argument('<path>', pathHelp)
    .action(async (level: string, path: string) => {
      await amend(session(), [{ op: 'remove', level, path: pointer(parts(path)) }]);
    });

  command(program, 'get', 'show the settings a machine gets, each with its level', 'signet get mx2 listeners/public')
    .argument('<machine>')
    .argument('[path]', pathHelp)
    .option('--revision <n>', 'at this revision instead of the newest', revisionNumber)
    .action(async (machine: string, path: string | undefined, options: { readonly revision?: number }) => {
      await showEffective(session(), machine, parts(path ?? ''), options.revision);
    });

  command(program, 'layer', 'show the settings held at one level', 'signet layer machine/mx2')
    .argument('<level>', levelHelp)
    .action(async (level: string) => {
      const { controller, print } = session();
      const answer = await controller.layer(level);
      print.show(answer, () => {
        const held = leaves(answer.layer as JsonObject, []).filter(({ path }) => path !== '');
        if (held.length === 0) print.line(`${level} holds no settings at r${answer.revision}`);
        else
          print.table(
            ['PATH', 'VALUE'],
            held.map(({ path, value }) => [path, shown(value)]),
          );
      });
    });
}

async function showEffective(
  session: Session,
  machine: string,
  path: readonly string[],
  revision?: number,
): Promise<void> {
  const { controller, print } = session;
  const answer = await controller.effective(machine, revision);
  const value = valueAt(answer.settings as JsonObject, path);
  const at = pointer(path);
  if (value === undefined) {
    throw new Failure(
      'refused',
      `${machine} has nothing at ${at} in r${answer.revision}; signet get ${machine} shows what it has`,
    );
  }
  const found = leaves(value, path);
  const origins = Object.fromEntries(found.map((leaf) => [leaf.path, origin(answer.origins, leaf.path)]));
  const part = { machine, revision: answer.revision, path: at, value, origins };
  print.show(at === '' ? answer : part, () =>
    print.table(
      ['PATH', 'VALUE', 'FROM'],
      found.map((leaf) => [leaf.path, shown(leaf.value), { text: origins[leaf.path] ?? '', tone: 'dim' }]),
    ),
  );
}

/** The level a value came from; the fields of a unit, such as a certificate binding, share the origin of the unit. */
function origin(origins: Readonly<Record<string, string>>, at: string): string {
  return origins[at] ?? (at === '' ? '' : origin(origins, at.slice(0, at.lastIndexOf('/'))));
}

function leaves(value: Json, path: readonly string[]): readonly { readonly path: string; readonly value: Json }[] {
  if (!isObject(value) || Object.keys(value).length === 0) return [{ path: pointer(path), value }];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]));
}
