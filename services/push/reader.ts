/** Reads a gateway's answer from a stream: lines, and texts framed by their length. */
import type { Readable } from 'node:stream';

export interface AnswerReader {
  /** The next line without its newline; undefined at the end of the stream. */
  line(): Promise<string | undefined>;
  /** Exactly `length` bytes and the newline that follows them, as UTF-8; undefined when the stream ends before that. */
  text(length: number): Promise<string | undefined>;
}

/** No gateway answers with more than this: two configuration files and a few dozen lines. */
const limitBytes = 16 * 1024 * 1024;

/** The stream flows from here on, so that its end and its exit status arrive whether the answer is read or not. */
export function answerReader(stream: Readable): AnswerReader {
  let buffered: Buffer = Buffer.alloc(0);
  let over = false;
  let wake: () => void = () => undefined;
  stream.on('data', (chunk: Buffer) => {
    buffered = Buffer.concat([buffered, chunk]);
    if (buffered.length > limitBytes) stream.destroy();
    wake();
  });
  for (const event of ['end', 'close', 'error']) {
    stream.on(event, () => {
      // A broken connection ends the answer; whoever asked sees that it is not complete.
      over = true;
      wake();
    });
  }

  async function more(): Promise<boolean> {
    if (over) return false;
    const before = buffered.length;
    await new Promise<void>((resolve) => (wake = resolve));
    return buffered.length > before;
  }

  function take(length: number, skip: number): string {
    const out = buffered.subarray(0, length).toString('utf8');
    buffered = buffered.subarray(length + skip);
    return out;
  }

  return {
    async line() {
      for (;;) {
        const end = buffered.indexOf(0x0a);
        if (end >= 0) return take(end, 1);
        if (!(await more())) return undefined;
      }
    },
    async text(length) {
      while (buffered.length < length + 1) if (!(await more())) return undefined;
      return take(length, 1);
    },
  };
}
