/** Server-sent events, as the HTML standard lays them down (section 9.2): a stream of events, with a sign of life when nothing happens. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

export interface ServerEvent {
  readonly event: string;
  readonly data: unknown;
  /** What the client sends as Last-Event-ID when it connects again. */
  readonly id?: string;
}

/** Sends `events` until they end or `signal` aborts, and ends the response; a comment every `heartbeatSeconds` keeps proxies from closing it. */
export async function stream(
  response: ServerResponse,
  events: AsyncIterable<ServerEvent>,
  { heartbeatSeconds, signal }: { readonly heartbeatSeconds: number; readonly signal: AbortSignal },
): Promise<void> {
  // no-transform and X-Accel-Buffering: a proxy that buffers or compresses would hold events back.
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  });
  response.flushHeaders();
  const heartbeat = setInterval(() => response.write(':\n\n'), heartbeatSeconds * 1000);
  try {
    for await (const event of events) {
      if (signal.aborted) break;
      if (!response.write(format(event))) await once(response, 'drain', { signal });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    clearInterval(heartbeat);
    response.end();
  }
}

/** JSON has no line breaks of its own, so one data line is enough. */
function format({ event, data, id }: ServerEvent): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
