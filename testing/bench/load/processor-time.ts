import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks of `/proc/<pid>/stat`: USER_HZ, 100 on every Linux that Node runs on (proc(5)). */
const microsecondsPerTick = 10_000;

/** Linux only: processor time of a process in microseconds, ended threads included; 0 if it is gone. */
export function processorTimeOf(pid: number): number {
  const fields = statOf(pid);
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * microsecondsPerTick;
}

/** Linux only: processor time of a process, its living children, and those that it has seen end, in microseconds. */
export function processorTimeOfTree(root: number): number {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => Number(statOf(pid)[1]) === root);
  const ended = statOf(root);
  return [root, ...children].reduce(
    (sum, pid) => sum + processorTimeOf(pid),
    (Number(ended[13] ?? 0) + Number(ended[14] ?? 0)) * microsecondsPerTick,
  );
}

/** Linux only: how long the first thread of this process has run, and how long it has waited for a processor, in microseconds. */
export function firstThreadTimes(): { readonly running: number; readonly queued: number } {
  const [running = 0, queued = 0] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8')
    .split(' ')
    .map(Number);
  return { running: running / 1_000, queued: queued / 1_000 };
}

/** The fields behind the program's name, state first. */
function statOf(pid: number): readonly string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
