/** One push to one gateway, as a conversation on one channel: send, prove from outside, then confirm or revert. */
import { readAnswer, type Answer } from './answer.ts';
import { patiently } from './patience.ts';
import { answerReader } from './reader.ts';
import type { Session } from './ssh.ts';

export type Judgement = 'confirm' | 'revert';

export interface Ending {
  /** `unknown` when the channel closed first, or when nothing came for too long. */
  readonly answer: Answer;
  /** The generation that went live, when the gateway said so. */
  readonly activated?: number;
}

/**
 * Sends `request` and, once the gateway has activated it, asks `judge` for the verdict. Resolves with how the conversation
 * ended. Whatever happens here, the gateway reverts by itself when it hears no verdict within its window.
 */
export async function apply(
  session: Session,
  request: Buffer,
  judge: (generation: number) => Promise<Judgement>,
): Promise<Ending> {
  const reader = answerReader(session.stream);
  const unknown = { kind: 'unknown' } as const;
  session.stream.write(request);
  const answer = await patiently(readAnswer(reader), unknown);
  if (answer.kind !== 'activated') return { answer: closed(session, answer) };
  session.stream.write(`${await judge(answer.generation)}\n`);
  const verdict = await patiently(readAnswer(reader), unknown);
  return { answer: closed(session, verdict), activated: answer.generation };
}

function closed({ stream }: Session, answer: Answer): Answer {
  if (answer.kind === 'unknown') stream.destroy();
  else stream.end();
  return answer;
}
