/** `signet token`: who may do what. */
import type { Command } from 'commander';

import type { TokenRequest } from '../schema/types.generated.ts';
import { command, wholeNumber } from './options.ts';
import { moment } from './print.ts';
import type { Session } from './session.ts';

export function tokenCommands(program: Command, session: () => Session): void {
  const token = program.command('token').description('who may do what (for administrators)');

  command(
    token,
    'create',
    'make a token; it is printed once, on standard output',
    'signet token create anna --role operator > token',
  )
    .argument('<name>', 'whose it is; the author of what is done with it')
    .requiredOption('--role <role>', 'viewer, operator or admin')
    .option('--days <n>', 'how long it is valid; without end otherwise', wholeNumber)
    .action(async (name: string, options: Omit<TokenRequest, 'name'>) => {
      const { controller, print } = session();
      const answer = await controller.createToken({ name, ...options });
      print.show(answer, () => {
        print.line(answer.token);
        print.note({
          text: `token ${answer.id}; it cannot be shown again, keep it in a file that only ${name} may read`,
          tone: 'dim',
        });
      });
    });

  command(token, 'list', 'list the tokens, without their secrets', 'signet token list').action(async () => {
    const { controller, print } = session();
    const answer = await controller.tokens();
    print.show(answer, () =>
      print.table(
        ['ID', 'NAME', 'ROLE', 'CREATED', 'EXPIRES'],
        answer.tokens.map(({ id, name, role, created, expires }) => [id, name, role, moment(created), moment(expires)]),
      ),
    );
  });

  command(token, 'revoke', 'make a token worthless at once', 'signet token revoke k3v9')
    .argument('<id>', 'as signet token list shows it')
    .action(async (id: string) => {
      const { controller, print } = session();
      await controller.revokeToken(id);
      print.show({ revoked: id }, () => print.line(`token ${id} is worthless now`));
    });
}
