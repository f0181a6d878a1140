/** A machine that has the controller's key becomes a member: on record, in the roster, and in the place of another; or all is taken back. */
import { layerAt } from '../config/levels.ts';
import { same } from '../config/merge.ts';
import type { Archive } from '../machines/service.ts';
import { isNamed, NamedError } from '../errors.ts';
import { holdsName } from '../machines/names.ts';
import { readFacts } from '../push/facts.ts';
import type { AdmitOperation, Facts, Registration, Revision } from '../schema/types.generated.ts';
import { asItIs } from './adoption.ts';
import type { MembershipService } from './contract.ts';
import type { MembershipDeps } from './deps.ts';
import { placeOf } from './join.ts';
import { letGo } from './letting-go.ts';
import { admission } from './succession.ts';

/** What is known of a machine that is about to become a member. */
interface Known {
  /** The number of the revision that it was held against. */
  readonly revision: number;
  /** Whether the roster had it before. */
  readonly enrolled: boolean;
  readonly before: Registration | undefined;
  readonly original: Facts;
  /** The one that has its name, and gives it up. */
  readonly holder: Registration | undefined;
  /** The identity whose place it takes. */
  readonly succeeds: string | undefined;
  /** What is restored or discarded with this. */
  readonly archive: Archive | undefined;
  readonly rollout: boolean;
  readonly adopt: boolean;
}

export type Admit = (
  author: string,
  registration: Registration,
  operation: AdmitOperation,
  known: Known,
) => ReturnType<MembershipService['join']>;

/** Far more than others commit while one machine joins. */
const attempts = 20;

export function admitting(deps: MembershipDeps): Admit {
  const { config, machines, now } = deps;
  return admit;

  /** The machine lets the controller in; now it becomes a member, or everything is taken back. */
  async function admit(author: string, registration: Registration, operation: AdmitOperation, known: Known) {
    const { id, name } = registration;
    const { holder, archive, succeeds } = known;
    const enrolled = await become().catch((error: unknown) => failed(error));
    // It is a member now: what goes wrong from here on takes nothing back.
    if (archive) await machines.removeArchive(archive.id);
    if (succeeds !== undefined && succeeds !== id) await depart(succeeds);
    return enrolled;

    async function become() {
      // Its disk may come back some day, with the controller's key on it.
      if (holder) await machines.succeed({ ...holder, unfinished: now().toISOString() }, registration);
      else await machines.put(registration);
      await machines.putOriginal(id, known.original);
      // What is recorded of one that was here before says nothing of what is here now.
      await deps.push.forget(id);
      deps.pool.drop(id);
      const { connection } = await deps.pool.link(id);
      const member: Registration = {
        ...registration,
        state: 'member',
        joined: now().toISOString(),
        facts: await readFacts(connection, now()),
      };
      await machines.put(member);
      const made = known.adopt ? await adopt(author, member, operation, known) : await enroll(author, operation, known);
      return { registration: member, ...made };
    }

    async function failed(error: unknown): Promise<never> {
      await takeBack(registration, known);
      if (!isNamed(error, 'invalid-configuration')) throw error;
      throw new NamedError(error.code, `${name} cannot join, and nothing is left on it: ${error.message}`, {
        findings: error.findings,
        cause: error,
      });
    }
  }

  /**
   * Puts the machine in the roster with the settings it was found with. What Signet would render for them is on record before they are
   * committed, as a rollout follows at once: it must know that they are there.
   */
  async function adopt(author: string, member: Registration, operation: AdmitOperation, { revision, rollout }: Known) {
    const { machine } = operation;
    const { connection } = await deps.pool.link(member.id);
    const found = member.facts ? await asItIs(connection, member.facts) : { found: {} };
    const levels = ['cluster', `group/${operation.group}`];
    const above = async (number: number) => {
      const configuration = await config.configuration(number);
      return levels.map((level) => layerAt(configuration, level));
    };
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const { number } = await config.head();
      // What its layer keeps away from it is what these levels said when it was looked at.
      if (number !== revision && !same(await above(number), await above(revision))) break;
      const { digest } = await config.foresee([operation], machine);
      await machines.put({ ...member, adopted: { manifest: digest, ...found } });
      try {
        const comment = `${machine} joined as it was found`;
        const options = { comment, rollout, machines: [machine], expected: number };
        return { revision: await config.apply(author, [operation], options) };
      } catch (error) {
        if (!isNamed(error, 'precondition-failed')) throw error;
      }
    }
    throw busy(machine);
  }

  /** Puts the machine in the roster; one that came with a configuration file is there already, and is brought up to date. */
  async function enroll(
    author: string,
    operation: AdmitOperation,
    { succeeds, rollout }: Known,
  ): Promise<{ readonly revision: Revision; readonly rollout?: number }> {
    const { machine } = operation;
    const comment = `${machine} joined${succeeds === undefined ? '' : ', in the place of the one before it'}`;
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const head = await config.head();
      const operations = admission(operation, succeeds, await config.configuration(head.number));
      if (operations.length === 0) {
        if (!rollout) return { revision: head };
        return { revision: head, rollout: (await deps.push.start(author, { machines: [machine] })).id };
      }
      // What it takes over is what its predecessor has by then, or the commit starts anew.
      const expected = operations.length > 1 ? { expected: head.number } : {};
      try {
        return {
          revision: await config.apply(author, operations, { comment, rollout, machines: [machine], ...expected }),
        };
      } catch (error) {
        if (!isNamed(error, 'precondition-failed')) throw error;
      }
    }
    throw busy(machine);
  }

  /** The machine whose place was taken: what is recorded of it goes, and it has left. */
  async function depart(id: string): Promise<void> {
    deps.pool.drop(id);
    await deps.push.forget(id);
    const registration = (await machines.list()).find((one) => one.id === id);
    if (!registration || registration.state === 'waiting') return;
    await machines.put({ ...registration, state: 'left', unfinished: now().toISOString() });
  }

  async function takeBack({ id, name }: Registration, { before, enrolled, holder, succeeds }: Known): Promise<void> {
    // The commit was made after all, or another join's was: it is a member.
    if (!enrolled && placeOf(id, await config.configuration((await config.head()).number))) return;
    try {
      await letGo(deps, { id, name });
    } catch {
      // The first failure is the one to report; what is left on the machine is overwritten by the next join.
    }
    deps.pool.drop(id);
    if (before && (!holdsName(before) || succeeds === id)) await machines.put(before);
    else await machines.remove(id);
    if (holder) await machines.put(holder);
  }
}

function busy(machine: string): NamedError {
  return new NamedError('busy', `others committed while ${machine} joined; let it join again`, { transient: true });
}
