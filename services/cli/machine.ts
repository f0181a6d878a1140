/** `signet machine`: the gateways, what each has and serves, and their coming and going. */
import type { Command } from 'commander';

import type { MachineStatus } from '../schema/types.generated.ts';
import { amend, type PlanOption } from './changes.ts';
import { demonstrations } from './demonstration.ts';
import { disconnectCommand } from './disconnection.ts';
import { Failure } from './failure.ts';
import { joinList } from './join-list.ts';
import { join, type JoinOptions } from './join.ts';
import { describeStatus, fleetHead, fleetRow } from './machine-view.ts';
import { command, revisionNumber, wholeNumber } from './options.ts';
import { moment } from './print.ts';
import { reconnectCommand } from './reconnect.ts';
import type { Session } from './session.ts';

export function machineCommands(program: Command, session: () => Session): void {
  const machine = program.command('machine').description('the gateways: join, look, move, leave');

  command(
    machine,
    'join',
    'bring a gateway into the cluster: shows its host key and what would change, and asks',
    'signet machine join mx1 --host 198.18.0.11 --identity ~/.ssh/id_ed25519',
  )
    .argument('[name]')
    .option('--list <file>', 'many at once: lines NAME HOST[:PORT] [GROUP] [SHA256:...] (- for standard input)')
    .option('--host <host>', 'address of the gateway; may be left out for one that was a member')
    .option('--port <n>', 'port of its SSH server', wholeNumber)
    .option('--user <name>', 'who to log in as, this once: root, or a user who may use sudo', 'root')
    .option('--identity <file>', 'private key to log in with, this once')
    .option('--password-file <file>', 'password to log in with, this once (- for standard input); asked for without')
    .option('--passphrase-file <file>', 'passphrase of the private key (- for standard input)')
    .option('--group <name>', 'group to put it in')
    .option('--plan', 'only show what joining would do')
    .option('--accept <id>', 'accept a plan that was shown with --plan: exactly that, or nothing is changed')
    .option('--host-key <SHA256:...>', 'the fingerprint its host key must have')
    .option('--yes', 'do not ask; needs --host-key')
    .option('--restore', 'it was a member: bring its archived settings back')
    .option('--discard', 'it was a member: start afresh and drop the archive')
    .option('--replace', 'it takes the place of the machine with its name or identity, as after it was reinstalled')
    .option('--new-identity', 'it is a machine of its own, as a copy of another one is')
    .option(
      '--adopt',
      'keep the TLS settings and certificates it has: they become its machine layer, and nothing changes on it',
    )
    .option('--no-rollout', 'do not roll out to it yet')
    .action(async (name: string | undefined, options: JoinOptions & { readonly list?: string }) => {
      if ((name === undefined) === (options.list === undefined))
        throw new Failure('usage', 'one machine joins by its name, or many by a list; give NAME or --list FILE');
      if (options.list !== undefined) await joinList(session(), options.list, options);
      else await join(session(), name ?? '', options);
    });

  command(
    machine,
    'list',
    'list the machines: wanted, deployed and served, and when certificates expire',
    'signet machine list',
  )
    .option('--group <name>', 'only the machines of this group')
    .option('--all', 'also those that left')
    .action(async (options: ListOptions) => list(session(), options));

  command(machine, 'show', 'show what is known of one machine', 'signet machine show mx1')
    .argument('<name>')
    .action(async (name: string) => show(session(), name));

  command(machine, 'status', 'show what one machine should have, has and serves', 'signet machine status mx1')
    .argument('<name>')
    .action(async (name: string) => {
      const it = session();
      await showStatus(it, await it.controller.status(name));
    });

  command(
    machine,
    'probe',
    'look at one machine again, now: read the gateway and probe its listeners',
    'signet machine probe mx1',
  )
    .argument('<name>')
    .action(async (name: string) => {
      const it = session();
      await showStatus(it, await it.controller.probe(name));
    });

  command(
    machine,
    'manifest',
    'show every file and parameter a machine must have (keys are named, not shown)',
    'signet machine manifest mx1',
  )
    .argument('<name>')
    .option('--revision <n>', 'at this revision instead of the newest', revisionNumber)
    .action(async (name: string, options: { readonly revision?: number }) =>
      manifest(session(), name, options.revision),
    );

  command(machine, 'move', 'put a machine in another group, in your draft', 'signet machine move mx2 edge')
    .argument('<name>')
    .argument('<group>')
    .option('--plan', 'only show what would change on it')
    .action(async (name: string, group: string, options: PlanOption) =>
      amend(session(), [{ op: 'move', machine: name, group }], options),
    );

  disconnectCommand(machine, session);
  reconnectCommand(machine, session);

  command(
    machine,
    'forget',
    'forget a machine that left and is not expected back: its address, host key and facts; its archive stays',
    'signet machine forget mx2',
  )
    .argument('<name>', 'or the id, as signet machine list --all shows it with --json')
    .option('--yes', 'do not ask')
    .action(async (name: string, options: { readonly yes?: true }) => forget(session(), name, options));

  command(
    machine,
    'leave',
    'let a machine go: it keeps running what it has, and its own settings are archived under its identity',
    'signet machine leave mx2',
  )
    .argument('<name>')
    .option('--restore-original', 'put back the files that were there before it joined')
    .option('--force', 'let it go although it cannot be reached; the access of the controller stays on it')
    .option('--yes', 'do not ask')
    .action(async (name: string, options: LeaveOptions) => leave(session(), name, options));
}

interface LeaveOptions {
  readonly restoreOriginal?: true;
  readonly force?: true;
  readonly yes?: true;
}

interface ListOptions {
  readonly group?: string;
  readonly all?: true;
}

async function list(session: Session, { group, all }: ListOptions): Promise<void> {
  const { controller, print } = session;
  const [{ machines }, unverifiable] = await Promise.all([controller.machines(all), demonstrations(session)]);
  const chosen = machines.filter((machine) => group === undefined || machine.group === group);
  print.show({ machines: chosen }, () => {
    if (chosen.length > 0)
      print.table(
        fleetHead,
        chosen.map((machine) => fleetRow(machine, unverifiable, new Date())),
      );
    else print.line('no machines yet; bring one in with signet machine join NAME --host ADDRESS');
  });
}

async function show(session: Session, name: string): Promise<void> {
  const { controller, print } = session;
  const [view, unverifiable] = await Promise.all([controller.machine(name), demonstrations(session)]);
  print.show(view, () => {
    const { postfix, nginx } = view.facts ?? {};
    print.line({ text: view.name, tone: 'strong' });
    print.facts([
      ['group', view.group ?? '-'],
      ['state', view.state],
      ['reached at', `${view.host} port ${view.port}`],
      ...(view.asFound === undefined
        ? []
        : [['settings', `as found since ${moment(view.asFound)} (adopted)`] as const]),
      ['identity', view.id],
      ['host name', view.facts?.hostname ?? '-'],
      ['system', view.facts?.os ?? '-'],
      ['postfix', postfix ? `${postfix.version}, ${postfix.running ? 'running' : 'not running'}` : 'none found'],
      ...(nginx ? [['nginx', `${nginx.version}, ${nginx.running ? 'running' : 'not running'}`] as const] : []),
    ]);
    describeStatus(print, view.status, unverifiable);
  });
}

async function showStatus(session: Session, status: MachineStatus): Promise<void> {
  const { print } = session;
  const unverifiable = await demonstrations(session);
  print.show(status, () => {
    print.line({ text: status.machine, tone: 'strong' });
    describeStatus(print, status, unverifiable);
  });
}

async function manifest({ controller, print }: Session, name: string, revision: number | undefined): Promise<void> {
  const answer = await controller.manifest(name, revision);
  print.show(answer, () => {
    print.line([{ text: answer.machine, tone: 'strong' }, ` manifest ${answer.digest}`]);
    for (const { path, parts, link, access } of answer.files) {
      print.line({ text: `\n${path}`, tone: 'strong' });
      if (link !== undefined) print.line({ text: `(link ${link})`, tone: 'dim' });
      if (access)
        print.line({ text: `(owner ${access.owner}, group ${access.group}, mode ${access.mode})`, tone: 'dim' });
      for (const part of parts) {
        if ('text' in part) print.line(part.text.replace(/\n$/, ''));
        else if ('key' in part) print.line({ text: `(private key ${part.key})`, tone: 'dim' });
        else if ('leaf' in part) print.line({ text: `(certificate of chain ${part.leaf})`, tone: 'dim' });
        else if ('chain' in part) print.line({ text: `(certificate chain ${part.chain})`, tone: 'dim' });
        else if ('system' in part) print.line({ text: `(the machine's own ${part.system})`, tone: 'dim' });
        else print.line({ text: `(certificate authorities ${part.bundle})`, tone: 'dim' });
      }
    }
    for (const { address, port, options } of answer.postfix?.services ?? []) {
      print.line({ text: `\nmaster.cf ${address}:${port}`, tone: 'strong' });
      print.facts(Object.entries(options));
    }
    if (answer.postfix) {
      print.line({ text: '\nmain.cf', tone: 'strong' });
      print.facts(Object.entries(answer.postfix.parameters));
    }
  });
}

async function leave({ controller, print, prompt }: Session, name: string, options: LeaveOptions): Promise<void> {
  if (!options.yes && (!prompt.interactive || print.json)) {
    throw new Failure(
      'usage',
      `leaving asks first and there is no terminal to ask on; add --yes to let ${name} go without asking`,
    );
  }
  const plan = await controller.planLeave(name);
  print.note([{ text: name, tone: 'strong' }, ' keeps running what it has. It leaves the configuration with:']);
  for (const path of plan.settings) print.note(`  ${path}`);
  if (plan.settings.length === 0) print.note('  no settings of its own');
  else print.note('These are sealed in an archive under its identity; signet machine join --restore brings them back.');
  if (plan.archive !== undefined) print.note(`signet archive show ${plan.archive} shows them once it has left.`);
  if (plan.obstacle !== undefined && !options.force) throw new Failure('failed', plan.obstacle);
  if (!options.yes && !(await prompt.confirm(`Let ${name} go?`)))
    throw new Failure('failed', `${name} stays; nothing was changed`);
  const answer = await controller.leave(name, {
    restoreOriginal: options.restoreOriginal ?? false,
    force: options.force ?? false,
  });
  print.show(answer, () => {
    print.line([{ text: `r${answer.revision.number}`, tone: 'strong' }, `: ${name} has left`]);
    for (const note of answer.notes) print.line(`  ${note}`);
    const { archive } = answer.plan;
    if (archive !== undefined) print.line(`  what was its own is kept: signet archive show ${archive}`);
  });
}

async function forget(
  { controller, print, prompt }: Session,
  name: string,
  { yes }: { readonly yes?: true },
): Promise<void> {
  const left = (await controller.machines(true)).machines.filter(({ id, name: own }) => own === name || id === name);
  const one = left.find(({ state }) => state === 'left');
  const archived = one && (await controller.archives()).archives.some(({ id }) => id === one.id);
  if (one) {
    print.note(`${one.name} (${one.id}), reached at ${one.host}, is forgotten with its host key and facts`);
    if (archived) print.note(`what was its own is kept: signet archive show ${one.id}`);
    if (one.unfinished !== undefined) {
      const still = "Signet's key and script are still on it, and the controller no longer waits to remove them";
      print.note({ text: `${still}: remove them there`, tone: 'warn' });
    }
    if (!yes && !(await prompt.confirm(`Forget ${one.name}?`))) {
      throw new Failure('failed', `${one.name} stays on record; nothing was changed`);
    }
  }
  await controller.forgetMachine(name);
  print.line(`${one?.name ?? name} is forgotten`);
}
