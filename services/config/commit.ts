/** The one way to a new revision: make, check, save, swap the head; and again when someone else was faster. */
import { faults, NamedError, type Finding } from '../errors.ts';
import { parse } from '../schema/parse.ts';
import type { Configuration, Revision } from '../schema/types.generated.ts';
import { blobsOf, type ConfigurationBlobs } from './blobs.ts';

/** The newest revision, with its configuration. */
export interface Head {
  readonly revision: Revision;
  readonly configuration: Configuration;
}

export interface CommitRequest {
  readonly author: string;
  readonly comment: string;
  readonly rollout: boolean;
  readonly restores?: number;
  readonly machines?: readonly string[];
  /** The head the author has seen; with another one the commit is refused. */
  readonly expected?: number;
}

/** What a commit needs of its surroundings. `H` is a head with whatever the swap compares. */
export interface CommitSurroundings<H extends Head> {
  readonly now: () => Date;
  head(): Promise<H>;
  /** What the head should become; called again on the new head when another commit came first. */
  make(head: H): Configuration | Promise<Configuration>;
  check(configuration: Configuration, before: Configuration): Promise<readonly Finding[]>;
  /** Stores the values that the head does not refer to. */
  save(blobs: ConfigurationBlobs, head: H): Promise<void>;
  /** Puts the revision in place of the head if that is still the head; false when it is not. */
  swap(head: H, revision: Revision): Promise<boolean>;
}

/** More than this many others would have to commit in a row, each while this one was checked. */
const attempts = 20;

/**
 * Commits, and answers the new revision. Throws `invalid-configuration` with what is wrong, `nothing-to-commit` when it
 * would change nothing, `precondition-failed` when the head is not the expected one, and whatever `make` throws.
 */
export async function commit<H extends Head>(request: CommitRequest, around: CommitSurroundings<H>): Promise<Revision> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const head = await around.head();
    checkExpected(request, head);
    const configuration = await around.make(head);
    const blobs = blobsOf(configuration);
    if (blobs.roster === head.revision.roster && blobs.layers === head.revision.layers) {
      throw new NamedError(
        'nothing-to-commit',
        `revision ${head.revision.number} has all of this already; discard the draft`,
      );
    }
    refuse(await around.check(configuration, head.configuration));
    await around.save(blobs, head);
    const revision = newRevision(request, head, blobs, around.now());
    if (await around.swap(head, revision)) return revision;
  }
  throw new NamedError('busy', `others committed first, ${attempts} times in a row; commit again`, { transient: true });
}

function checkExpected({ expected }: CommitRequest, { revision }: Head): void {
  if (expected === undefined || expected === revision.number) return;
  throw new NamedError(
    'precondition-failed',
    `the newest revision is ${revision.number}, not ${expected}; look at what changed, and commit again`,
  );
}

function refuse(all: readonly Finding[]): void {
  const findings = faults(all);
  const [first] = findings;
  if (!first) return;
  const more = findings.length === 1 ? '' : `, and ${findings.length - 1} more findings`;
  const where = first.machine === undefined ? '' : `${first.machine}: `;
  throw new NamedError('invalid-configuration', `the configuration is not valid: ${where}${first.detail}${more}`, {
    findings,
  });
}

function newRevision(request: CommitRequest, head: Head, { roster, layers }: ConfigurationBlobs, now: Date): Revision {
  const { author, comment, rollout, restores, machines } = request;
  const revision = {
    ...{ number: head.revision.number + 1, author, time: now.toISOString(), comment, rollout },
    ...(restores === undefined ? {} : { restores }),
    ...(machines === undefined ? {} : { machines }),
    ...{ roster, layers },
  };
  return parse('revision', revision, 'the revision');
}
