/** Every command explains itself, and docs/cli.md knows every command. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Command } from 'commander';

import { exitCodes } from '../../services/cli/print.ts';
import { build } from '../../services/cli/program.ts';

const program = await build([]);
const manual = readFileSync('docs/cli.md', 'utf8');

describe('help', () => {
  for (const { name, command } of leaves(program, 'signet')) {
    it(`says what ${name} does, with an example that begins with it`, () => {
      const text = help(command);

      assert.match(command.description(), /^[a-z].{10,}[^.]$/);
      assert.match(text, new RegExp(`\\nExample:\\n  ${name}( |$)`, 'm'));
    });

    it(`has ${name} in docs/cli.md`, () => {
      assert.ok(manual.includes(`\`${name}`), `docs/cli.md does not mention ${name}`);
    });
  }

  it('lists the exit codes, and so does docs/cli.md', () => {
    for (const code of Object.values(exitCodes)) {
      assert.match(help(program), new RegExp(`^  ${code} +\\S`, 'm'));
      assert.match(manual, new RegExp(`^\\| ${code} +\\|`, 'm'));
    }
  });

  it('has every command under the name it is loaded by', async () => {
    for (const command of program.commands) {
      for (const name of [command.name(), ...command.aliases()]) {
        const alone = await build([name]);

        assert.ok(
          alone.commands.some((one) => one.name() === command.name()),
          `signet ${name} does not load its command`,
        );
      }
    }
  });
});

function leaves(command: Command, path: string): readonly { readonly name: string; readonly command: Command }[] {
  return command.commands.flatMap((inner) => {
    const name = `${path} ${inner.name()}`;
    return inner.commands.length > 0 ? leaves(inner, name) : [{ name, command: inner }];
  });
}

function help(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text;
}
