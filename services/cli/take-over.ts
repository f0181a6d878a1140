/** `signet config load --take-over`: shows what comes over, asks, and follows the rollout that tells the machines. */
import type { TakeOver, TakeOverOptions } from '../schema/types.generated.ts';
import { Failure } from './failure.ts';
import type { Printer } from './print.ts';
import { judge, watch } from './progress.ts';
import type { Session } from './session.ts';
import { showTrail } from './trail-view.ts';

export interface FileToTake {
  /** Its name. */
  readonly path: string;
  readonly sent: Omit<TakeOverOptions, 'plan'>;
}

export async function takeOver(session: Session, { path, sent }: FileToTake, yes = false): Promise<void> {
  const { controller, print, prompt } = session;
  if (!yes) {
    if (!prompt.interactive) {
      throw new Failure('usage', 'a take-over is asked about first and there is no terminal to ask on; say --yes');
    }
    describe(print, await controller.takeOver({ ...sent, plan: true }));
    if (!(await prompt.confirm('Take over, and have the machines refuse the old controller?'))) {
      throw new Failure('interrupted', 'nothing was taken over');
    }
  }
  const taken = await controller.takeOver(sent);
  if (taken.rollout === undefined) {
    print.show(taken, () => described(taken));
    return;
  }
  const view = await watch(session, taken.rollout);
  print.show({ ...taken, view }, () => described(taken));
  judge(view);

  function described(over: TakeOver): void {
    describe(print, over);
    print.line(`${path}: taken over at revision ${over.revision}`);
    if (over.rollout !== undefined) return;
    print.note([
      { text: 'not told: ', tone: 'warn' },
      'the machines do not refuse the old controller yet, as the revision was committed without a rollout (signet rollout start)',
    ]);
  }
}

function earlier({ history }: TakeOver): string {
  return history === 0 ? '' : `, ${history} earlier revisions`;
}

function describe(print: Printer, over: TakeOver): void {
  print.line(
    `revision ${over.revision}, saved ${over.saved}; ${over.certificates} certificates, ${over.archives} archives${earlier(over)}`,
  );
  print.line(`members: ${over.machines.join(', ') || 'none'}`);
  if (over.waiting.length > 0) print.line(`waiting until they join: ${over.waiting.join(', ')}`);
  showTrail(print, over.trail);
  showTrail(print, over.trail);
  if (over.authorities.length > 0) print.line(`private authorities: ${over.authorities.join(', ')}`);
}
