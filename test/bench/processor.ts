/** Processor time, from /proc and from what a shell says of its children. */
import { readFileSync } from 'node:fs';

/** Clock ticks a second in /proc: USER_HZ, 100 on every architecture that Node runs on. */
const ticks = 100;

/** Seconds that all processors together have been busy since the start of the machine. */
export function busySeconds(): number {
  const [, user = 0, nice = 0, system = 0, , , interrupt = 0, soft = 0] = (
    /^cpu .*$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[0] ?? ''
  )
    .split(/\s+/)
    .map(Number);
  return (user + nice + system + interrupt + soft) / ticks;
}

/** Seconds that a process has used, all its threads together. */
export function processSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // After the name, which may hold anything, utime and stime are the 12th and 13th (proc_pid_stat(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticks;
}

/** Seconds that a shell's children used: the last line of what `times` printed. */
export function childrenSeconds(output: string): number {
  const last = output.trimEnd().split('\n').at(-1) ?? '';
  const found = /^(\d+)m([\d.]+)s (\d+)m([\d.]+)s$/.exec(last);
  if (!found) throw new Error(`no times in "${last}"`);
  const [, userMinutes, user, systemMinutes, system] = found.map(Number);
  return ((userMinutes ?? 0) + (systemMinutes ?? 0)) * 60 + (user ?? 0) + (system ?? 0);
}
