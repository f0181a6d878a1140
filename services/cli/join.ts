/** `signet machine join`: nothing is trusted or changed before a person, or the script they wrote, has seen and accepted it. */
import type { Finding } from '../errors.ts';
import type { AcceptedJoin, JoinPlan, JoinRequest } from '../schema/types.generated.ts';
import { Failure } from './failure.ts';
import { showJoinPlan } from './join-view.ts';
import { checkLogin, login, type LoginOptions } from './login.ts';
import { moment } from './print.ts';
import { finish } from './progress.ts';
import type { Session } from './session.ts';

export interface JoinOptions extends LoginOptions {
  readonly host?: string;
  readonly port?: number;
  readonly group?: string;
  readonly plan?: true;
  readonly accept?: string;
  readonly hostKey?: string;
  readonly yes?: true;
  readonly restore?: true;
  readonly discard?: true;
  readonly replace?: true;
  readonly newIdentity?: true;
  readonly adopt?: true;
  readonly rollout: boolean;
}

export async function join(session: Session, name: string, options: JoinOptions): Promise<void> {
  const { print, prompt } = session;
  const interactive = prompt.interactive && !print.json;
  check(name, options, interactive);
  if (options.accept !== undefined) {
    await acceptShown(session, name, options.accept, options);
    return;
  }
  const where = await whereTo(session, name, options);
  const { hostKey } = await session.controller.hostKey(where);
  if (!(await isAccepted(session, where.host, hostKey, options, interactive))) return;
  const bootstrap = await login(session, where.host, options);
  const plan = await session.controller.planJoin({ name, ...where, ...asked(options), hostKey, bootstrap });
  showJoinPlan(print, plan, options.adopt ?? false);
  if (options.plan) {
    print.show(plan, () => {
      print.findings(obstaclesTo(plan, options));
      print.note({ text: acceptance(plan, options), tone: 'dim' });
    });
    return;
  }
  const findings = obstaclesTo(plan, options);
  if (findings.length > 0)
    throw new Failure('refused', `${name} cannot join as it is; nothing was changed`, { findings });
  const archive = await chooseArchive(session, plan, options);
  if (!options.yes && !(await prompt.confirm(`Shall ${name} join?`))) {
    throw new Failure('failed', `${name} does not join; nothing was changed`);
  }
  await accept(session, { accept: plan.id, bootstrap, ...(archive && { archive }) }, options);
}

/** Accepts a plan that was shown before, as it is asked for now. */
async function acceptShown(session: Session, name: string, id: string, options: JoinOptions): Promise<void> {
  const plan = await session.controller.joinPlan(id);
  const archive = await chooseArchive(session, plan, options);
  const bootstrap = await login(session, plan.host, options);
  const { host, port, hostKey } = options;
  const where = {
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    ...(hostKey && { hostKey }),
  };
  const request = { accept: id, name, ...where, ...asked(options), bootstrap, ...(archive && { archive }) };
  await accept(session, request, options);
}

async function accept(session: Session, request: AcceptedJoin, { adopt, rollout }: JoinOptions): Promise<void> {
  const answer = await session.controller.join({ ...request, ...(adopt && { adopt }), rollout });
  const { name, group } = answer.machine;
  session.print.line([
    { text: `r${answer.revision.number}`, tone: 'strong' },
    `: ${name} has joined${group === undefined ? '' : ` ${group}`}`,
  ]);
  for (const note of answer.notes ?? []) session.print.note({ text: note, tone: 'warn' });
  await finish(session, answer, { rollout, watch: true });
}

function asked({ group, replace, newIdentity }: JoinOptions): Pick<JoinRequest, 'group' | 'claim'> {
  const claim = replace ? 'replace' : newIdentity ? 'new' : undefined;
  return { ...(group === undefined ? {} : { group }), ...(claim && { claim }) };
}

/** What stands in the way of joining as it is asked for. */
export function obstaclesTo(
  { findings, faults }: JoinPlan,
  { adopt, restore, replace, discard }: JoinOptions,
): readonly Finding[] {
  const restores = (restore ?? false) || (replace === true && !discard);
  const start = adopt ? faults?.adopted : ((restores ? faults?.restored : undefined) ?? faults?.applied);
  return [...findings, ...(start ?? [])];
}

/** The command that accepts a plan; it says all there is to choose. */
function acceptance(plan: JoinPlan, options: JoinOptions): string {
  const { id, name, expires } = plan;
  const { adopt } = options;
  if (obstaclesTo(plan, options).length > 0) return 'it cannot join as it is; nothing was changed';
  const command = `signet machine join ${name} --accept ${id}${adopt ? ' --adopt' : ''}`;
  return `nothing was changed; until ${moment(expires)}, ${command} accepts exactly this`;
}

/** Whether the host key is the expected one; nothing is logged in with before, since a password would be gone by then. */
async function isAccepted(
  { print, prompt }: Session,
  host: string,
  hostKey: string,
  options: JoinOptions,
  interactive: boolean,
): Promise<boolean> {
  if (options.hostKey !== undefined) {
    if (options.hostKey === hostKey) return true;
    const found = `${host} has the host key ${hostKey}, not ${options.hostKey}`;
    throw new Failure('refused', `${found}; nothing was sent there; find out why before you trust it`);
  }
  print.line([`host key of ${host}: `, { text: hostKey, tone: 'strong' }]);
  if (!interactive) {
    print.show({ hostKey }, () => undefined);
    print.note(`compare it with the gateway's own and add --host-key ${hostKey} to see the rest; ${lookUp}`);
    return false;
  }
  if (await prompt.confirm('Is this its host key?')) return true;
  throw new Failure('failed', `nothing was sent to ${host}; ${lookUp}`);
}

function check(name: string, options: JoinOptions, interactive: boolean): void {
  const { yes, hostKey, plan, accept: accepted, restore, discard, replace, newIdentity, adopt } = options;
  if (restore && discard)
    throw new Failure('usage', 'an archive is restored or discarded; give --restore or --discard, not both');
  if (replace && newIdentity) {
    throw new Failure(
      'usage',
      'a machine replaces another or is one of its own; give --replace or --new-identity, not both',
    );
  }
  if ((restore || replace) && adopt)
    throw new Failure(
      'usage',
      'a machine gets settings that are kept for it or keeps those it has; give --adopt, or --restore or --replace, not both',
    );
  checkLogin(options);
  if (accepted !== undefined) {
    if (plan) throw new Failure('usage', 'a plan is made or accepted; give --plan or --accept, not both');
    return;
  }
  if (yes && hostKey === undefined) {
    throw new Failure('usage', `--yes trusts a host key without asking, so it needs --host-key SHA256:...; ${lookUp}`);
  }
  if (!yes && !plan && !interactive) {
    throw new Failure(
      'usage',
      `joining asks first and there is no terminal to ask on; give --yes --host-key SHA256:... to let ${name} join without asking; ${lookUp}`,
    );
  }
}

export const lookUp = 'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub on the gateway shows it';

/** The address given, or for a machine that was a member the one it had. */
async function whereTo(
  session: Session,
  name: string,
  { host, port }: JoinOptions,
): Promise<Pick<JoinRequest, 'host' | 'port'>> {
  if (host !== undefined) return { host, ...(port === undefined ? {} : { port }) };
  try {
    const before = await session.controller.machine(name);
    return { host: before.host, port: port ?? before.port };
  } catch (error) {
    if (!(error instanceof Failure && error.problem?.['status'] === 404)) throw error;
    throw new Failure('usage', `${name} was never a member, so its address is not known; add --host ADDRESS`);
  }
}

async function chooseArchive(
  { prompt }: Session,
  { known, name }: JoinPlan,
  options: JoinOptions,
): Promise<AcceptedJoin['archive']> {
  if (options.restore) {
    if (known) return 'restore';
    throw new Failure('refused', `${name} was never a member, so there is nothing to restore; leave --restore out`);
  }
  if (!known) return undefined;
  if (options.discard) return 'discard';
  // What was archived stays there.
  if (options.adopt) return undefined;
  if (options.replace) return 'restore';
  if (options.yes || !prompt.interactive)
    throw new Failure(
      'usage',
      `${name} was a member before; add --restore or --discard to say what becomes of its archive`,
    );
  return (await prompt.confirm('Bring its archived settings back? (no: start afresh)')) ? 'restore' : 'discard';
}
