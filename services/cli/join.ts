/** `signet machine join`: nothing is trusted or changed before a person, or the script they wrote, has seen and accepted it. */
import type { AcceptedJoin, JoinPlan, JoinRequest } from '../schema/types.generated.ts';
import { Failure } from './failure.ts';
import { moment, type Printer, type Span } from './print.ts';
import { finish } from './progress.ts';
import { readInput, readSecret } from './prompt.ts';
import type { Session } from './session.ts';

export interface JoinOptions {
  readonly host?: string;
  readonly port?: number;
  readonly user: string;
  readonly identity?: string;
  readonly passwordFile?: string;
  readonly passphraseFile?: string;
  readonly group?: string;
  readonly plan?: true;
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
  const { controller, print, prompt } = session;
  const interactive = prompt.interactive && !print.json;
  check(name, options, interactive);
  const where = await whereTo(session, name, options);
  const { hostKey } = await controller.hostKey(where);
  if (!(await isAccepted(session, where.host, hostKey, options, interactive))) return;
  const { group } = options;
  const bootstrap = { user: options.user, ...(await login(session, where.host, options)) };
  const claim: JoinRequest['claim'] = options.replace ? 'replace' : options.newIdentity ? 'new' : undefined;
  const asked = { ...(group === undefined ? {} : { group }), ...(claim && { claim }) };
  const request: JoinRequest = { name, ...where, ...asked, hostKey, bootstrap };
  const plan = await controller.planJoin(request);
  showPlan(print, plan, options.adopt ?? false);
  if (options.plan) {
    print.show(plan, () => undefined);
    return;
  }
  if (plan.findings.length > 0) {
    throw new Failure('refused', `${name} cannot join as it is; nothing was changed`, { findings: plan.findings });
  }
  const archive = await chooseArchive(session, plan, options);
  if (!options.yes && !(await prompt.confirm(`Shall ${name} join?`))) {
    throw new Failure('failed', `${name} does not join; nothing was changed`);
  }
  const accepted: AcceptedJoin = {
    ...request,
    hostKey,
    ...(options.adopt && { adopt: true }),
    rollout: options.rollout,
    ...(archive && { archive }),
  };
  const answer = await controller.join(accepted);
  const joined = answer.machine.group ?? plan.group;
  print.line([{ text: `r${answer.revision.number}`, tone: 'strong' }, `: ${name} has joined ${joined}`]);
  await finish(session, answer, { rollout: options.rollout, watch: true });
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

function check(
  name: string,
  { yes, hostKey, plan, restore, discard, replace, newIdentity, adopt, identity, passwordFile }: JoinOptions,
  interactive: boolean,
): void {
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
  if (identity !== undefined && passwordFile !== undefined) {
    throw new Failure('usage', 'one way to log in is enough; give --identity or --password-file, not both');
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

const lookUp = 'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub on the gateway shows it';

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

async function login(
  { prompt }: Session,
  host: string,
  options: JoinOptions,
): Promise<Partial<JoinRequest['bootstrap']>> {
  const { identity, passwordFile, passphraseFile, user } = options;
  if (identity === undefined) {
    if (!prompt.interactive && passwordFile === undefined) {
      throw new Failure('usage', `nothing to log in to ${host} with; give --identity KEYFILE or --password-file FILE`);
    }
    const what = `password of ${user} on ${host}`;
    return { password: await readSecret(prompt, { file: passwordFile, what, option: '--password-file' }) };
  }
  const privateKey = (await readInput(identity)).toString('utf8');
  if (!isEncrypted(privateKey)) return { privateKey };
  const what = `passphrase of ${identity}`;
  return {
    privateKey,
    passphrase: await readSecret(prompt, { file: passphraseFile, what, option: '--passphrase-file' }),
  };
}

/** PEM says so in its headers; OpenSSH's own format names its cipher, `none` when it has none (PROTOCOL.key in OpenSSH). */
function isEncrypted(key: string): boolean {
  if (key.includes('ENCRYPTED')) return true;
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]*?)-----END/.exec(key)?.[1];
  if (body === undefined) return false;
  const bytes = Buffer.from(body, 'base64');
  const magic = 'openssh-key-v1\0'.length;
  return (
    bytes.length > magic + 8 && bytes.subarray(magic + 4, magic + 4 + bytes.readUInt32BE(magic)).toString() !== 'none'
  );
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
  if (options.yes)
    throw new Failure(
      'usage',
      `${name} was a member before; add --restore or --discard to say what becomes of its archive`,
    );
  return (await prompt.confirm('Bring its archived settings back? (no: start afresh)')) ? 'restore' : 'discard';
}

function showPlan(print: Printer, plan: JoinPlan, adopt: boolean): void {
  const { name, group, hostKey, facts, known, replaces, notes } = plan;
  const layer = (adopt ? plan.adopted : undefined) ?? plan.layer;
  const { postfix, bootHook } = facts;
  const hook: Span = bootHook === 'none' ? { text: 'none: revert not reboot-safe', tone: 'warn' } : bootHook;
  print.line({ text: name, tone: 'strong' });
  print.facts([
    ['host key', { text: hostKey, tone: 'strong' }],
    ['host name', facts.hostname],
    ['system', facts.os],
    ['postfix', postfix ? `${postfix.version}, ${postfix.running ? 'running' : 'not running'}` : 'none found'],
    ['addresses', facts.addresses.join(', ')],
    ['boot hook', hook],
    ['free space', `${Math.round(facts.freeKilobytes / 1024)} MB`],
    ...(facts.clockSkewSeconds === undefined
      ? []
      : [['clock', Math.abs(facts.clockSkewSeconds) < 2 ? 'right' : `${facts.clockSkewSeconds} seconds off`] as const]),
    ['group', group],
    ['own settings', Object.keys(layer).length === 0 ? 'none' : JSON.stringify(layer)],
    ...(known
      ? [
          [
            'was a member',
            `as ${known.name} until ${moment(known.left)}, archive: ${known.settings.join(', ') || 'empty'}`,
          ] as const,
        ]
      : []),
    ...(replaces
      ? [['replaces', `${replaces.name}, with ${replaces.settings.join(', ') || 'no settings'}`] as const]
      : []),
    ...plan.certificates.map(
      ({ path, subject, expires }) => ['certificate', `${subject}, expires ${moment(expires)}, ${path}`] as const,
    ),
    ...notes.map((note) => ['note', { text: note, tone: 'warn' }] as const),
  ]);
  if (plan.present.length === 0) return;
  print.line(`\nTLS settings it has, and what becomes of them${adopt ? ' (adopted)' : ''}:`);
  print.table(
    ['where', 'setting', adopt ? 'adopted' : 'the cluster applies', ...(adopt ? [] : ['with --adopt'])],
    plan.present.map(({ place, name: setting, value, adopted, applied }) => [
      place,
      `${setting} = ${value}`,
      verdict(adopt ? adopted : applied),
      ...(adopt ? [] : [verdict(adopted)]),
    ]),
  );
}

function verdict({ verdict: word, setting, level, value, reason }: JoinPlan['present'][number]['adopted']): Span {
  switch (word) {
    case 'kept':
      return { text: setting === undefined ? 'kept, its own' : `kept as ${setting}`, tone: 'good' };
    case 'replaced':
      return { text: `replaced by ${value ?? ''} (${level ?? ''})`, tone: 'warn' };
    case 'lost':
      return { text: `lost: ${reason ?? ''}`, tone: 'bad' };
  }
}
