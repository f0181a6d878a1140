/** One push to one gateway, as a conversation on one channel: send, prove from outside, then confirm or revert. */
import { readAnswer, type Answer } from './answer.ts';
import { answerReader } from './reader.ts';
import type { Session } from './ssh.ts';

export type Judgement = 'confirm' | 'revert';

/**
 * Sends `request` and, once the gateway has activated it, asks `judge` for the verdict. Resolves with how the conversation
 * ended: `unknown` when the channel closed first. Whatever happens here, the gateway reverts by itself when it hears no
 * verdict within its window.
 */
export async function apply(
  session: Session,
  request: Buffer,
  judge: (generation: number) => Promise<Judgement>,
): Promise<Answer> {
  const reader = answerReader(session.stream);
  session.stream.write(request);
  let answer = await readAnswer(reader);
  if (answer.kind === 'activated') {
    const judgement = await judge(answer.generation);
    session.stream.write(`${judgement}\n`);
    answer = await readAnswer(reader);
  }
  session.stream.end();
  return answer;
}
