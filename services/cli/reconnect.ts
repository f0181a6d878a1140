/** `signet machine reconnect`: what is different on a machine that was left alone is shown, and decided field by field. */
import type { Command } from 'commander';

import type { Json } from '../schema/json.ts';
import { isObject } from '../schema/json.ts';
import type { ReconnectDifference, ReconnectOptions, ReconnectPlan } from '../schema/types.generated.ts';
import { Failure } from './failure.ts';
import { checkLogin, login, type LoginOptions } from './login.ts';
import { command } from './options.ts';
import { short, type Printer, type Text } from './print.ts';
import { finish } from './progress.ts';
import type { Session } from './session.ts';
import { shown } from './shown.ts';

interface Options extends LoginOptions {
  readonly plan?: true;
  readonly accept?: string;
  readonly keep: readonly string[];
  readonly take: readonly string[];
  readonly keepAll?: true;
  readonly takeAll?: true;
  readonly rollout: boolean;
}

export function reconnectCommand(machine: Command, session: () => Session): void {
  const more = (value: string, before: readonly string[]) => [...before, value];
  command(
    machine,
    'reconnect',
    'connect a machine again: shows what was changed on it and in the configuration, and asks what becomes of each',
    'signet machine reconnect mx1 --keep protocols/inbound/minimum --take listeners/public/certificate',
  )
    .argument('<name>')
    .option('--plan', 'only show what is different')
    .option('--accept <id>', 'the plan that was shown, by its id: refused when anything of it has changed')
    .option('--keep <path>', 'give the machine what the configuration has there (repeatable)', more, [])
    .option('--take <path>', 'put what the machine has there into its layer (repeatable)', more, [])
    .option('--keep-all', 'keep whatever else was changed on the machine out')
    .option('--take-all', 'take whatever else was changed on the machine')
    .option('--no-rollout', 'do not roll out to it yet; what is kept out stays on it as drift')
    .option('--user <name>', 'who to log in as, this once, to read files that only root may read', 'root')
    .option('--identity <file>', 'private key to log in with, this once')
    .option('--password-file <file>', 'password to log in with, this once (- for standard input)')
    .option('--passphrase-file <file>', 'passphrase of the private key (- for standard input)')
    .action(async (name: string, options: Options) => reconnect(session(), name, options));
}

async function reconnect(session: Session, name: string, options: Options): Promise<void> {
  const { controller, print, prompt } = session;
  checkLogin(options);
  if (options.keepAll && options.takeAll) {
    throw new Failure('usage', 'what is named nowhere is kept or taken; give --keep-all or --take-all, not both');
  }
  const hasLogin = options.identity !== undefined || options.passwordFile !== undefined;
  const as = hasLogin ? { bootstrap: await login(session, name, options) } : {};
  let decided: ReconnectOptions = {
    ...{ keep: options.keep, take: options.take },
    ...(options.keepAll ? { rest: 'keep' } : options.takeAll ? { rest: 'take' } : {}),
  };
  if (options.accept === undefined || options.plan) {
    const plan = await controller.planReconnect(name, as);
    if (options.plan) print.show(plan, () => showReconnectPlan(print, plan));
    else if (!print.json) showReconnectPlan(print, plan);
    if (options.plan) return;
    if (prompt.interactive && !print.json) decided = await ask(session, plan, decided);
    decided = { ...decided, accept: plan.id };
  } else decided = { ...decided, accept: options.accept };
  const answer = await controller.reconnect(name, { ...decided, ...as, ...(!options.rollout && { rollout: false }) });
  print.line([{ text: `r${answer.revision.number}`, tone: 'strong' }, `: ${name} is connected again`]);
  await finish(session, answer, { rollout: options.rollout, watch: true });
}

/** What has no decision yet is asked for, one by one. */
async function ask({ prompt }: Session, plan: ReconnectPlan, decided: ReconnectOptions): Promise<ReconnectOptions> {
  const { keep = [], take = [], rest } = decided;
  if (rest !== undefined) return decided;
  const named = [...keep, ...take].map((path) => path.replace(/^\//, ''));
  const [kept, taken] = [[...keep], [...take]];
  for (const { path, obstacle } of plan.differences.filter(needsDecision)) {
    if (named.includes(path.replace(/^\//, ''))) continue;
    const choice = obstacle === undefined ? '[k]eep the configuration’s or [t]ake the machine’s' : '[k]eep it out';
    const said = (await prompt.ask(`${path}: ${choice}`)).trim().toLowerCase();
    if (/^k(eep)?$/.test(said)) kept.push(path);
    else if (/^t(ake)?$/.test(said) && obstacle === undefined) taken.push(path);
    else throw new Failure('failed', `${plan.machine} stays disconnected; nothing was changed`);
  }
  return { ...decided, keep: kept, take: taken };
}

function needsDecision({ changed, same }: ReconnectDifference): boolean {
  return changed !== 'configuration' && same !== true;
}

function showReconnectPlan(print: Printer, { machine, id, since, differences, notes }: ReconnectPlan): void {
  print.line([{ text: machine, tone: 'strong' }, ` plan ${id}`]);
  if (!differences.some(({ changed }) => changed !== 'configuration')) print.line('nothing was changed on it');
  if (differences.length > 0) {
    print.table(
      ['WHAT', since === undefined ? 'BEFORE' : `r${since}`, 'CONFIGURATION', 'MACHINE', 'NOTES'],
      differences.map((one) => [
        one.path,
        valueOf(one.before),
        valueOf(one.configuration),
        valueOf(one.machine),
        remark(one),
      ]),
    );
  }
  for (const note of notes) print.note({ text: note, tone: 'warn' });
}

function remark({ changed, same, obstacle, earlier }: ReconnectDifference): Text {
  if (changed === 'configuration') return 'goes to the machine';
  if (same) return 'the same on both by now';
  const where = changed === 'both' ? 'changed on both' : 'changed on the machine';
  const when = earlier ? `${where}, before it was disconnected` : where;
  return obstacle === undefined
    ? { text: when, tone: 'warn' }
    : { text: `${when}; can only be kept out: ${obstacle}`, tone: 'bad' };
}

function valueOf(value: unknown): string {
  if (value === undefined) return '-';
  const json = value as Json;
  return isObject(json) && typeof json['chain'] === 'string' ? `chain ${short(json['chain'])}` : shown(json);
}
