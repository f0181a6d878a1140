/** What a probe has to say about a step, and in which words rules are grouped. */
import type { ProbeFinding } from '../../schema/types.generated.ts';

export function failed(rule: string, detail: string): ProbeFinding {
  return { rule, result: 'failed', detail };
}

export function warning(rule: string, detail: string): ProbeFinding {
  return { rule, result: 'warning', detail };
}
