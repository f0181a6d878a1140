/** Reads a stream of server-sent events, as a browser's EventSource does. */
export interface ReceivedEvent {
  readonly event: string;
  readonly data: unknown;
  readonly id: string | undefined;
}

export interface EventReader {
  readonly status: number;
  readonly type: string | null;
  /** The next event; undefined when the stream has ended. Comments are counted, not returned. */
  next(): Promise<ReceivedEvent | undefined>;
  readonly comments: () => number;
  stop(): void;
}

export async function events(url: string, headers: Readonly<Record<string, string>>): Promise<EventReader> {
  const stop = new AbortController();
  const response = await fetch(url, { headers: { accept: 'text/event-stream', ...headers }, signal: stop.signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = '';
  let comments = 0;

  async function next(): Promise<ReceivedEvent | undefined> {
    for (;;) {
      const end = buffer.indexOf('\n\n');
      if (end < 0) {
        const { done = true, value } = (await reader?.read()) ?? {};
        if (done) return undefined;
        buffer += value ?? '';
        continue;
      }
      const block = buffer.slice(0, end);
      buffer = buffer.slice(end + 2);
      if (block.startsWith(':')) comments += 1;
      else return read(block);
    }
  }

  return {
    status: response.status,
    type: response.headers.get('content-type'),
    next,
    comments: () => comments,
    stop: () => stop.abort(),
  };
}

function read(block: string): ReceivedEvent {
  const fields = new Map(
    block.split('\n').map((line) => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
  return { event: fields.get('event') ?? '', data: JSON.parse(fields.get('data') ?? 'null'), id: fields.get('id') };
}
