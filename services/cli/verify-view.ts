/** How the proof that a file restores looks to people, and what of it makes the command fail. */
import type { FileVerification, MachineVerification } from '../schema/types.generated.ts';
import { Failure } from './failure.ts';
import type { Printer, Tone } from './print.ts';
import { showTrail } from './trail-view.ts';

type Verdict = MachineVerification['verdict'];

const tones: Readonly<Record<Verdict, Tone>> = {
  'in-sync': 'good',
  disconnected: 'warn',
  waiting: 'dim',
  'other-files': 'bad',
  'cannot-render': 'bad',
  'no-record': 'bad',
  missing: 'bad',
  departed: 'bad',
};

/** Throws for machines that would not be in sync, but for those that are not to be: disconnected and waiting ones. */
export function showVerified(print: Printer, path: string, answer: FileVerification): void {
  const { saved, revision, certificates, machines, trail } = answer;
  const count = (...verdicts: readonly Verdict[]) =>
    machines.filter(({ verdict }) => verdicts.includes(verdict)).length;
  const [disconnected, waiting] = [count('disconnected'), count('waiting')];
  print.show(answer, () => {
    if (machines.length > 0) {
      print.table(
        ['MACHINE', 'AFTER A RESTORE', 'DETAIL'],
        machines.map(({ machine, verdict, detail, files = [] }) => [
          machine,
          { text: verdict.replace('-', ' '), tone: tones[verdict] },
          [detail ?? [], files.length > 0 ? files.join(', ') : []].flat().join(': '),
        ]),
      );
    }
    print.line(`${path}: restores revision ${revision}, saved ${saved}; ${certificates} certificates`);
    showTrail(print, trail);
    if (disconnected > 0) print.line(`${disconnected} disconnected, and left alone until reconnected`);
    if (waiting > 0) print.line(`${waiting} waiting until joined`);
  });
  const [unknown, others] = [count('no-record'), count('other-files', 'cannot-render', 'missing', 'departed')];
  const all = machines.length - disconnected - waiting;
  if (others > 0) {
    throw new Failure(
      'failed',
      `${others} of ${all} machines would not be in sync; if that is not meant, save the file again`,
    );
  }
  if (unknown > 0) {
    throw new Failure(
      'failed',
      `${unknown} of ${all} machines cannot be compared, as nothing was rolled out to them from here; roll out first (signet rollout start), or verify on the controller that saved the file`,
    );
  }
  if (trail && trail.faults.length > 0) {
    throw new Failure(
      'failed',
      'the audit trail in the file is not as it was written; take another copy of the file, and look whether that of the controller is (signet audit verify)',
    );
  }
}
