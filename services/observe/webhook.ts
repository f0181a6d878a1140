/** Posts a notice to a webhook. */
import type { AlertNotice } from '../schema/types.generated.ts';

const limitMilliseconds = 10_000;

/**
 * Posts `notice` as JSON; throws when it was not taken: no answer in time, or any other than 2xx. Redirects are not followed.
 * The URL may hold a token, so no error says it.
 */
export async function post(url: string, notice: AlertNotice, signal: AbortSignal): Promise<void> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'signetd', 'idempotency-key': notice.id },
      body: JSON.stringify(notice),
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(limitMilliseconds)]),
    });
  } catch (error) {
    throw new Error(reason(error), { cause: error });
  }
  await response.body?.cancel();
  if (!response.ok) throw new Error(`it answered ${response.status}`);
}

/** fetch says why only in the cause of its error. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return 'it could not be reached';
  if (error.name === 'TimeoutError') return `no answer within ${limitMilliseconds / 1000} seconds`;
  const { code } = (error.cause ?? error) as { readonly code?: unknown };
  return `it could not be reached${typeof code === 'string' ? ` (${code})` : ''}`;
}
