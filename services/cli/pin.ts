/** `signet pin`, `signet unpin`: what the cluster or a group demands of the levels below it. */
import type { Command } from 'commander';

import { parts, pointer } from '../schema/pointer.ts';
import type { Pin } from '../schema/types.generated.ts';
import { amend, type PlanOption } from './changes.ts';
import { Failure } from './failure.ts';
import { command, described, revisionNumber } from './options.ts';
import { ruleInWords } from './pin-view.ts';
import type { Session } from './session.ts';
import { readValue } from './value.ts';

const pathHelp = 'a JSON Pointer, the first slash may be left out; * is every entry of a table: destinations/*/tls';
const levelHelp = 'cluster or group/NAME: it binds the levels below';
const planHelp = 'only show what would be refused';

export function pinCommands(program: Command, session: () => Session): void {
  const pin = program.command('pin').description('what the cluster or a group demands of the levels below it');

  described(
    pin.command('set', { isDefault: true }),
    'fix a setting, hold it at a floor, or want it of every machine, in your draft; "set" may be left out',
    'signet pin set protocols/inbound/minimum --level cluster --floor TLSv1.2',
    'signet pin set outbound/certificate --level group/edge --fixed',
    'signet pin set listeners/public/certificate --level cluster --per-machine',
  )
    .argument('<path>', pathHelp)
    .requiredOption('--level <level>', levelHelp)
    .option('--fixed', 'what holds at this level may not be changed or removed below')
    .option('--floor [value]', 'nothing looser than this value, or than the one that holds at this level')
    .option('--per-machine', 'every machine must set it itself')
    .option('--plan', planHelp)
    .action(async (path: string, options: PinOptions) => {
      const at = parts(path);
      const value = pinOf(options, at);
      const change = { op: 'set', level: options.level, path: placeOf(at), value } as const;
      await amend(session(), [change], options.plan ? { plan: true } : {});
    });

  command(pin, 'list', 'list the pins of all levels', 'signet pin list')
    .option('--revision <n>', 'at this revision instead of the newest', revisionNumber)
    .action(async ({ revision }: { readonly revision?: number }) => {
      const { controller, print } = session();
      const answer = await controller.pins(revision);
      print.show(answer, () => {
        if (answer.pins.length === 0) print.line('nothing is pinned');
        else
          print.table(
            ['LEVEL', 'SETTING', 'PIN'],
            answer.pins.map((one) => [one.level, one.pointer, ruleInWords(one)]),
          );
      });
    });

  command(program, 'unpin', 'take a pin away, in your draft', 'signet unpin protocols/inbound/minimum --level cluster')
    .argument('<path>', pathHelp)
    .requiredOption('--level <level>', levelHelp)
    .action(async (path: string, { level }: { readonly level: string }) =>
      amend(session(), [{ op: 'unset', level, path: placeOf(parts(path)) }]),
    );
}

interface PinOptions extends PlanOption {
  readonly level: string;
  readonly fixed?: true;
  readonly floor?: true | string;
  readonly perMachine?: true;
}

function pinOf({ fixed, floor, perMachine }: PinOptions, path: readonly string[]): Pin {
  const given = [fixed, floor, perMachine].filter((one) => one !== undefined);
  if (given.length !== 1) throw new Failure('usage', 'a pin is one of --fixed, --floor [VALUE] and --per-machine');
  if (fixed) return { rule: 'fixed' };
  if (perMachine) return { rule: 'perMachine' };
  if (floor === undefined || floor === true) return { rule: 'floor' };
  return { rule: 'floor', lowest: readValue(floor, path) as string | boolean };
}

function placeOf(path: readonly string[]): string {
  return pointer(['pins', pointer(path)]);
}
