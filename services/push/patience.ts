/** How long a gateway may take to answer: one that hangs while its sshd keeps the connection alive must not hold up a fleet. */

/** Longer than any verb takes by the gateway's own limits: up to 60 seconds for its lock, 30 for a bundle to arrive. */
const patienceSeconds = 100;

/** What `answer` resolves with, or `otherwise` when it takes too long. */
export async function patiently<T>(answer: Promise<T>, otherwise: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), patienceSeconds * 1000);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
