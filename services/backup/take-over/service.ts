/**
 * The place of a lost controller, taken whole or not at all: what comes in first is marked as such, one transaction makes it
 * count, and what was marked without that is removed again. The only file here that touches the store.
 */
import { auditWrites } from '../../audit/service.ts';
import { beginning, inheritance } from '../../audit/inheritance/service.ts';
import { NamedError } from '../../errors.ts';
import { waves } from '../../push/rollout.ts';
import type { AuditTrail, CertificateBinding, Revision, Rollout } from '../../schema/types.generated.ts';
import { keys } from '../../store/keys.ts';
import { readAll } from '../../store/read-all.ts';
import type { Compare, Entry, Store, Write } from '../../store/store.ts';
import { claim, type Claim, type Claiming } from './claim.ts';

/** What makes a controller the one that its machines know. */
export interface Identity {
  readonly epoch: number;
  readonly demonstration: CertificateBinding;
  /** The id of the secret. */
  readonly sshKey: string;
}

export interface Result {
  readonly revision: Revision;
  readonly identity: Identity;
  readonly members: readonly string[];
  readonly by: string;
  /** Where it came from, for the audit trail. */
  readonly origin: string;
  /** Whether a trail was set down. */
  readonly inherits: boolean;
}

export interface TakeOver {
  /** Throws `precondition-failed` for a controller that has something already. */
  checkEmpty(): Promise<void>;
  /** Marks what comes in from here on, through the store of the claim; throws as `checkEmpty`. */
  begin(): Promise<Claim>;
  /** Writes the records of earlier revisions. */
  keepRevisions(own: Claim, revisions: readonly Revision[]): Promise<void>;
  /** Sets the audit trail down, to be this controller's own from the end on. */
  keepTrail(own: Claim, trail: AuditTrail): Promise<void>;
  /** Makes all of it count: the head, who the controller is, and a rollout to `members` that tells them, whose id it answers. */
  end(own: Claim, result: Result): Promise<number | undefined>;
  /** Removes what came in without its end, and goes on with what comes after it, of whichever take-over. */
  recover(): Promise<void>;
  /** The same by who took over; what another one brings in meanwhile stays. */
  abandon(own: Claim): Promise<void>;
  /** Moves a trail that was set down into place, once it counts. */
  settle(): Promise<void>;
  /** The newest epoch. */
  epoch(): Promise<number>;
}

/** Everything a take-over brings in that is found by a list; keys, chains and blobs are found by their content alone. */
const prefixes = [
  keys.registrations,
  keys.machineNames,
  keys.archives,
  keys.originals,
  keys.authorities,
  keys.allIssued,
  keys.allRevoked,
  keys.allLastRevocations,
  keys.revocationLists,
  keys.revisions,
  keys.inheritedAudits,
  keys.inheritedSeals,
];

const batch = 100;
const attempts = 20;

export function takeOverService(store: Store, now: () => Date): TakeOver {
  return {
    checkEmpty,
    begin,
    keepRevisions,
    keepTrail: (own, trail) => inheritance(own.store).setDown(trail),
    end,
    recover,
    settle: inheritance(store).settle,
    abandon,
    epoch: async () => Number((await store.get(keys.epoch))?.value ?? 0),
  };

  async function checkEmpty(): Promise<void> {
    if (await store.get(keys.takingOver)) throw underWay();
    for (const prefix of [keys.head, ...prefixes, keys.requests, keys.rollouts]) {
      if ((await store.range(prefix, { limit: 1 })).entries.length === 0) continue;
      throw new NamedError(
        'precondition-failed',
        'this controller is not empty: it has revisions, machines or authorities of its own; take over with one that was just installed, or load the file into a draft',
      );
    }
  }

  function claiming(): Claiming {
    return { mark: keys.takingOver, now: now(), lost: busy };
  }

  async function begin(): Promise<Claim> {
    await checkEmpty();
    const free = [keys.takingOver, keys.head].map((key) => ({ key, absent: true }) as const);
    const own = await claim(store, free, claiming());
    if (!own) throw busy();
    return own;
  }

  async function recover(): Promise<void> {
    await undo();
    await inheritance(store).settle();
  }

  /** Takes the mark first: from then on, whoever set it writes nothing more. */
  async function undo(): Promise<void> {
    const mark = await store.get(keys.takingOver);
    const own = mark && (await claim(store, [unchanged(keys.takingOver, mark)], claiming()));
    if (own) await removeAll(own);
  }

  async function abandon(own: Claim): Promise<void> {
    if (await own.holds()) await removeAll(own);
  }

  async function removeAll(own: Claim): Promise<void> {
    for (const prefix of prefixes) {
      const left = await readAll(store, prefix);
      for (let start = 0; start < left.length; start += batch) {
        const writes = left.slice(start, start + batch).map(({ key }) => ({ delete: key }));
        await own.store.transact({ compare: [], writes });
      }
    }
    await own.store.transact({ compare: [], writes: [{ delete: keys.takingOver }] });
  }

  async function keepRevisions(own: Claim, revisions: readonly Revision[]): Promise<void> {
    for (let start = 0; start < revisions.length; start += batch) {
      const writes = revisions
        .slice(start, start + batch)
        .map((one) => ({ put: keys.revision(one.number), value: JSON.stringify(one) }));
      await own.store.transact({ compare: [], writes });
    }
  }

  async function end(
    own: Claim,
    { revision, identity, members, by, origin, inherits }: Result,
  ): Promise<number | undefined> {
    const { epoch, demonstration, sshKey } = identity;
    const rollout = revision.rollout && members.length > 0 ? announcement(revision, members, by) : undefined;
    const entry = { actor: by, action: 'take-over', object: `/revisions/${revision.number}`, outcome: 'ok' };
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const present = await store.get(keys.epoch);
      const writes: readonly Write[] = [
        { put: keys.head, value: String(revision.number) },
        { put: keys.revision(revision.number), value: JSON.stringify(revision) },
        { put: keys.epoch, value: String(Math.max(epoch, Number(present?.value ?? 0) + 1)) },
        { put: keys.demonstration, value: JSON.stringify(demonstration) },
        { put: keys.sshKey, value: sshKey },
        { delete: keys.takingOver },
        ...auditWrites(now().toISOString(), `take-over-${epoch}`, { ...entry, detail: origin }),
        ...(inherits ? [beginning] : []),
        ...(rollout ? rolloutWrites(rollout) : []),
      ];
      const compare: readonly Compare[] = [
        unchanged(keys.epoch, present),
        { key: keys.head, absent: true },
        { key: keys.latestRollout, absent: true },
      ];
      if ((await own.store.transact({ compare, writes })).applied) return rollout?.id;
      // A term that began meanwhile raised the epoch; a commit or a rollout stays, and then this is not the controller to take over.
      if ((await store.get(keys.head)) ?? (await store.get(keys.latestRollout))) break;
    }
    throw busy();
  }

  /** To all of them, whoever does not answer: those that do must hear of the new epoch. */
  function announcement({ number }: Revision, members: readonly string[], by: string): Rollout {
    return {
      id: 1,
      revision: number,
      started: now().toISOString(),
      state: 'running',
      by,
      waves: waves(members, 50, 50),
      budget: members.length,
      revertOnFailure: false,
      overwriteDrift: false,
    };
  }
}

function rolloutWrites(rollout: Rollout): readonly Write[] {
  return [
    { put: keys.latestRollout, value: String(rollout.id) },
    { put: keys.rollout(rollout.id), value: JSON.stringify(rollout) },
    { put: keys.rolledOut(rollout.revision), value: String(rollout.id) },
  ];
}

function unchanged(key: string, entry: Entry | undefined): Compare {
  return entry ? { key, modRevision: entry.modRevision } : { key, absent: true };
}

function underWay(): NamedError {
  return new NamedError(
    'busy',
    'this controller is taking over already; wait until that has ended, or start signetd again if it broke off',
    { transient: true },
  );
}

function busy(): NamedError {
  return new NamedError(
    'precondition-failed',
    'somebody else changed this controller while it took over; nothing was taken over; look at what it has now',
  );
}
