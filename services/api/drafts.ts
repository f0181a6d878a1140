/** Drafts: an administrator's uncommitted changes, and the commit that makes a revision of them. */
import { faults, NamedError } from '../errors.ts';
import type { DraftChange, DraftView } from '../schema/types.generated.ts';
import type { Caller } from './caller.ts';
import type { Context } from './deps.ts';
import { difference, planOf } from './difference.ts';
import { draftTag, expectedRevision, requireDraftMatch, revisionTag } from './etag.ts';
import { foreseen } from './foreseen.ts';
import { rollOut } from './roll-out.ts';
import { route, type Reply, type Route } from './route.ts';

export const draftRoutes: readonly Route[] = [
  route({
    name: 'show-draft',
    method: 'get',
    path: '/drafts/{author}',
    role: 'viewer',
    summary: 'A draft; those of others need the role admin',
    response: 'draft-view',
    etag: true,
    handle: async (context, { caller, parameters }) => view(context, readable(caller, parameters.author)),
  }),
  route({
    name: 'amend-draft',
    method: 'post',
    path: '/drafts/{author}/operations',
    role: 'operator',
    summary: "Add changes to one's own draft, all or none",
    request: 'draft-operations',
    response: 'draft-view',
    ifMatch: true,
    etag: true,
    async handle(context, { caller, parameters, body, ifMatch }) {
      const author = own(caller, parameters.author);
      refuseMembership(body.operations);
      await requireDraft(context, author, ifMatch);
      await context.config.amend(author, body.operations);
      return view(context, author);
    },
  }),
  route({
    name: 'plan-draft',
    method: 'post',
    path: '/drafts/{author}/plan',
    role: 'operator',
    summary: "What changes would do when added to one's own draft, machine by machine; changes nothing",
    request: 'draft-operations',
    response: 'draft-plan',
    async handle({ config }, { caller, parameters, body }) {
      refuseMembership(body.operations);
      const plan = await config.plan(own(caller, parameters.author), body.operations);
      const diffs: Record<string, string> = {};
      for (const { machine } of plan.machines) {
        diffs[machine] = await config.manifestDiff(machine, plan.before, plan.after);
      }
      return { body: planOf(plan, diffs) };
    },
  }),
  route({
    name: 'discard-draft',
    method: 'delete',
    path: '/drafts/{author}',
    role: 'operator',
    summary: "Throw one's own draft away",
    response: 'nothing',
    ifMatch: true,
    async handle(context, { caller, parameters, ifMatch }) {
      const author = own(caller, parameters.author);
      await requireDraft(context, author, ifMatch);
      await context.membership.discardDraft(author);
      return { body: undefined };
    },
  }),
  route({
    name: 'show-draft-diff',
    method: 'get',
    path: '/drafts/{author}/diff',
    role: 'viewer',
    summary: 'What a commit of a draft would change, in settings and in the files of each machine',
    query: 'diff-query',
    response: 'draft-diff',
    async handle({ config, sessions }, { caller, parameters, query }) {
      const author = readable(caller, parameters.author);
      const { base, head, configuration, conflicts, findings } = await config.preview(author);
      const changes = await difference(config, head, configuration, query.machine);
      const isWhole = conflicts.length === 0 && faults(findings).length === 0;
      const warnings = isWhole ? await sessions.whatIf(await config.configuration(head), configuration) : [];
      return { body: { base, head, conflicts, findings: [...findings, ...warnings], ...changes } };
    },
  }),
  route({
    name: 'rebase-draft',
    method: 'post',
    path: '/drafts/{author}/rebase',
    role: 'operator',
    summary: "Bring one's own draft onto the head; the way out of a conflict",
    request: 'rebase-options',
    response: 'draft-view',
    ifMatch: true,
    etag: true,
    async handle(context, { caller, parameters, body, ifMatch }) {
      const author = own(caller, parameters.author);
      await requireDraft(context, author, ifMatch);
      await context.config.rebase(author, body.keep);
      return view(context, author);
    },
  }),
  route({
    name: 'commit-draft',
    method: 'post',
    path: '/drafts/{author}/commit',
    role: 'operator',
    summary: "Make a revision of one's own draft, and roll it out",
    request: 'commit-options',
    response: 'committed',
    status: 201,
    ifMatch: true,
    etag: true,
    async handle(context, { caller, parameters, body, ifMatch }) {
      const author = own(caller, parameters.author);
      const expected = expectedRevision(ifMatch);
      const { comment, rollout = true } = body;
      const revision = await context.config.commit(author, {
        comment,
        rollout,
        ...(expected === undefined ? {} : { expected }),
      });
      return {
        body: {
          revision,
          ...(await foreseen(context, revision.number)),
          ...(rollout ? await rollOut(context, author, revision.number) : {}),
        },
        etag: revisionTag(revision.number),
        object: `/revisions/${revision.number}`,
      };
    },
  }),
];

async function view({ config }: Context, author: string): Promise<Reply<DraftView>> {
  const [draft, { number: head }] = await Promise.all([config.draft(author), config.head()]);
  return { body: { draft, head }, etag: draftTag(draft, head) };
}

async function requireDraft({ config }: Context, author: string, ifMatch: string | undefined): Promise<void> {
  if (ifMatch !== undefined) requireDraftMatch(ifMatch, await config.draft(author));
}

function readable(caller: Caller, author: string): string {
  if (author === 'me' || author === caller.name) return caller.name;
  if (caller.role === 'admin') return author;
  throw new NamedError('forbidden', `the draft of ${author} can only be read by ${author} and by administrators`);
}

function own(caller: Caller, author: string): string {
  if (author === 'me' || author === caller.name) return caller.name;
  throw new NamedError('forbidden', `the draft of ${author} can only be changed by ${author}`);
}

/** A machine that comes or goes is more than configuration: its key, its script and its archive go with it. */
function refuseMembership(operations: readonly DraftChange[]): void {
  const index = operations.findIndex(({ op }) => op === 'admit' || op === 'dismiss');
  const operation = operations[index];
  if (!operation) return;
  const instead =
    operation.op === 'admit'
      ? 'POST /machines ("signet machine join")'
      : 'the leave of the machine ("signet machine leave")';
  throw new NamedError('invalid-input', `a draft cannot ${operation.op} a machine; use ${instead}`, {
    findings: [{ pointer: `/operations/${index}/op`, detail: `${operation.op} is not for drafts; use ${instead}` }],
  });
}
