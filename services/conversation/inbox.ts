/** What a server sends before TLS, and in it: bounded, since nobody knows yet who it is, and handed out a message at a time. */
import type { Duplex } from 'node:stream';

import { PeerFault } from './peer-fault.ts';

export interface Inbox {
  /** The next message, once `lengthOf` finds its length in what is there; throws `PeerFault` closed | flood. */
  take(lengthOf: (bytes: Buffer) => number | undefined): Promise<Buffer>;
  /** The next line, without its end. */
  line(): Promise<string>;
  /** How many bytes have come beyond what was taken. */
  waiting(): number;
  /** Stops listening; what comes from now on is left in the stream. */
  release(): void;
}

/** Longer than any greeting and list of extensions together. */
const mostBytes = 65_536;

export function inbox(stream: Duplex): Inbox {
  let bytes: Buffer = Buffer.alloc(0);
  let received = 0;
  let over: PeerFault | undefined;
  let wake: (() => void) | undefined;

  function end(fault: PeerFault): void {
    over ??= fault;
    wake?.();
  }
  function onData(chunk: Buffer): void {
    received += chunk.length;
    bytes = Buffer.concat([bytes, chunk]);
    if (received > mostBytes) {
      stream.pause();
      end(new PeerFault('flood', `sent more than ${mostBytes / 1024} kB without an end`));
    }
    wake?.();
  }
  const onError = (error: Error) => end(new PeerFault('closed', `the connection broke: ${error.message}`));
  const onClose = () => end(new PeerFault('closed', 'the connection was closed before the reply'));
  stream.on('data', onData).on('error', onError).on('end', onClose).on('close', onClose);

  async function take(lengthOf: (bytes: Buffer) => number | undefined): Promise<Buffer> {
    for (;;) {
      const length = lengthOf(bytes);
      if (length !== undefined && length <= bytes.length) {
        const message = bytes.subarray(0, length);
        bytes = bytes.subarray(length);
        return message;
      }
      if (over) throw over;
      await new Promise<void>((resolve) => (wake = resolve));
      wake = undefined;
    }
  }

  return {
    take,
    async line() {
      const line = await take((present) => {
        const at = present.indexOf('\n');
        return at < 0 ? undefined : at + 1;
      });
      return line.toString('utf8').replace(/\r?\n$/, '');
    },
    waiting: () => bytes.length,
    release() {
      stream.pause();
      stream.off('data', onData).off('error', onError).off('end', onClose).off('close', onClose);
    },
  };
}
