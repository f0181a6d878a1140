/** `signet machine join --list`: many machines planned at once, seen in one summary, accepted with one answer. */
import type { JoinPlan, JoinRequest } from '../schema/types.generated.ts';
import { Failure } from './failure.ts';
import { each, reason } from './each.ts';
import { showSummary, type Planned } from './join-summary.ts';
import { joinAll } from './join-all.ts';
import { lookUp, obstaclesTo, type JoinOptions } from './join.ts';
import { checkLogin, login } from './login.ts';
import { readMachineList, type Listed } from './machine-list.ts';
import { readInput } from './prompt.ts';
import type { Session } from './session.ts';

type Keyed = Listed & { readonly hostKey: string };

export async function joinList(session: Session, file: string, options: JoinOptions): Promise<void> {
  const { print, prompt } = session;
  const interactive = prompt.interactive && !print.json;
  check(options);
  const listed = readMachineList((await readInput(file)).toString('utf8'), file);
  checkPerson(options, interactive);
  const keyed = await hostKeys(session, listed, file, interactive);
  if (keyed.machines.length + keyed.lost.length === 0) return;
  const bootstrap = await login(session, `the machines of ${file}`, options);
  const planned = [...keyed.lost, ...(await plan(session, keyed.machines, bootstrap, options))];
  const order = listed.map(({ name }) => name);
  planned.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  showSummary(print, planned, options.adopt ?? false);
  if (options.plan) {
    print.show({ machines: planned }, () =>
      print.note({ text: 'only plans: nothing was changed on any of them', tone: 'dim' }),
    );
    return;
  }
  const ready = planned.flatMap(({ plan: one, state }) => (state === 'ready' && one ? [one] : []));
  const rest = planned.filter(({ state }) => state === 'refused').map(({ name }) => name);
  if (ready.length === 0) {
    if (rest.length > 0) throw new Failure('refused', `none of them can join: ${rest.join(', ')}; nothing was changed`);
    print.show({ joined: [] }, () => print.line('all of them are members already'));
    return;
  }
  const some = `${ready.length} of ${planned.length} machines`;
  if (!options.yes && !(await prompt.confirm(`Shall ${some} join?`))) {
    throw new Failure('failed', 'none of them joins; nothing was changed');
  }
  await joinAll(session, ready, { bootstrap, options, rest });
}

function check(options: JoinOptions): void {
  const { host, port, accept, hostKey, replace, newIdentity, restore, discard, adopt } = options;
  const single = { '--host': host, '--port': port, '--accept': accept, '--host-key': hostKey };
  const decisions = { '--replace': replace, '--new-identity': newIdentity };
  const [given] = Object.entries({ ...single, ...decisions }).find(([, value]) => value !== undefined) ?? [];
  if (given !== undefined) {
    throw new Failure('usage', `${given} is for one machine; leave it out, or let that machine join by itself`);
  }
  if (restore && (discard || adopt))
    throw new Failure('usage', 'machines get what is kept for them or not; give --restore alone, --discard or --adopt');
  checkLogin(options);
}

function checkPerson({ yes, plan }: JoinOptions, interactive: boolean): void {
  if (!yes && !plan && !interactive) {
    throw new Failure(
      'usage',
      'joining asks first and there is no terminal to ask on; give --yes, with the fingerprint of each machine in the list',
    );
  }
}

/** The host keys: those the list has must be shown, the others are asked about before anything is logged in with. */
async function hostKeys(
  { controller, print, prompt }: Session,
  listed: readonly Listed[],
  file: string,
  interactive: boolean,
): Promise<{ readonly machines: readonly Keyed[]; readonly lost: readonly Planned[] }> {
  const machines: Keyed[] = [];
  const lost: Planned[] = [];
  await each(listed, async (one) => {
    try {
      const { hostKey } = await controller.hostKey({ host: one.host, port: one.port });
      if (one.hostKey === undefined || one.hostKey === hostKey) machines.push({ ...one, hostKey });
      else lost.push(refused(one.name, `it has the host key ${hostKey}, not ${one.hostKey}; nothing was sent there`));
    } catch (error) {
      lost.push(refused(one.name, reason(error)));
    }
  });
  const unknown = listed.filter(({ hostKey }) => hostKey === undefined).map(({ name }) => name);
  const shown = machines.filter(({ name }) => unknown.includes(name));
  if (shown.length === 0) return { machines, lost };
  const rows = listed.flatMap(({ name }) => shown.filter((one) => one.name === name));
  print.table(
    ['machine', 'address', 'host key'],
    rows.map(({ name, host, port, hostKey }) => [name, `${host} port ${port}`, { text: hostKey, tone: 'strong' }]),
  );
  const compare = `compare them with the gateways' own and put each into its line of ${file}; ${lookUp}`;
  if (!interactive) {
    print.show({ machines: rows }, () => undefined);
    throw new Failure('usage', `${shown.length} host keys are not in ${file}, so nothing was sent there; ${compare}`);
  }
  if (!(await prompt.confirm('Are these their host keys?'))) {
    throw new Failure('failed', `nothing was sent to any of them; ${compare}`);
  }
  return { machines, lost };
}

async function plan(
  { controller, print }: Session,
  machines: readonly Keyed[],
  bootstrap: JoinRequest['bootstrap'],
  options: JoinOptions,
): Promise<readonly Planned[]> {
  const members = (await controller.machines()).machines.filter(({ state }) => state === 'member');
  let done = 0;
  const planned = await each(machines, async ({ group = options.group, ...machine }): Promise<Planned> => {
    const request = { ...machine, ...(group === undefined ? {} : { group }), bootstrap };
    try {
      const made = await controller.planJoin(request);
      // Elsewhere it is a copy of the member, or the member by another address: what the plan says of it counts.
      const isMember = members.some(
        ({ id, name, host, port }) =>
          id === made.facts.identity && name === made.name && host === machine.host && port === machine.port,
      );
      return isMember ? { name: made.name, state: 'member', findings: [] } : stateOf(made, options);
    } catch (error) {
      return refused(machine.name, reason(error));
    } finally {
      print.status([{ text: `planned ${++done} of ${machines.length}`, tone: 'dim' }]);
    }
  });
  print.status([]);
  return planned;
}

function stateOf(made: JoinPlan, options: JoinOptions): Planned {
  const { adopt, restore, discard } = options;
  const { name, known, adopted } = made;
  const findings = obstaclesTo(made, options);
  const undecided =
    known && !adopt && !restore && !discard
      ? 'it was a member before; add --restore or --discard to say what becomes of what is kept for it'
      : undefined;
  const unfit = adopt && !adopted ? 'it cannot be adopted: the configuration has settings for it already' : undefined;
  const found = [...findings, ...[undecided, unfit].flatMap((detail) => (detail ? [{ detail, machine: name }] : []))];
  return { name, state: found.length === 0 ? 'ready' : 'refused', plan: made, findings: found };
}

function refused(name: string, detail: string): Planned {
  return { name, state: 'refused', findings: [{ machine: name, detail }] };
}
