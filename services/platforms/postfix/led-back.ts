/** What a leave made the machine's own (docs/gateway-protocol.md, flatten) is read from the generation again, once that has it again. */
import { currentPath } from '../platform.ts';

const kept = /\/etc\/tls-kept\/\d+\/([A-Za-z0-9._/-]+)/g;

/** main.cf, master.cf or a value of them, where those of `paths` that are named in a folder that was kept are named in the generation. */
export function ledBack(text: string, paths: ReadonlySet<string>): string {
  return text.replaceAll(kept, (place, path: string) => (paths.has(path) ? currentPath(path) : place));
}
