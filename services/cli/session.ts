/** What every command works with: the controller, a printer and a way to ask; made when a command runs, not before. */
import { client } from './client.ts';
import { connection } from './connection.ts';
import { controller, type Controller } from './controller.ts';
import { printer, type Printer } from './print.ts';
import { prompt, type Prompt } from './prompt.ts';

export interface Session {
  readonly controller: Controller;
  readonly print: Printer;
  readonly prompt: Prompt;
}

/** Makes the session of one run; throws `usage` when the environment does not say where to go. */
export function session(json: boolean): Session {
  return {
    controller: controller(client(connection(process.env))),
    print: printer({ out: process.stdout, err: process.stderr, env: process.env }, json),
    prompt: prompt(process.stdin, process.stderr),
  };
}
