import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { postmasterOf } from '#testing/center/center-process.ts';

const project = fileURLToPath(new URL('../../', import.meta.url));
const start = ['scripts/node24.mjs', 'scripts/start.ts', '--no-open', '--shell', 'web', '--patients', '5'];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hamshira-closed-terminal-'));
  // PostgreSQL has an account of its own where everything runs as root.
  await chmod(folder, 0o755);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

it.each(['SIGHUP', 'SIGTERM'] as const)(
  'a start leaves no PostgreSQL behind when %s reaches all its processes, as when a terminal is closed',
  async (signal) => {
    const child = spawn('node', [...start, '--data', join(folder, signal)], { cwd: project, detached: true });
    const ended = once(child, 'exit');
    const { pid } = child;
    if (pid === undefined) throw new Error('it did not start');
    let postmaster: number | undefined;
    try {
      await printed(child.stdout, /q {2}quit/);
      const found = postmasterOf(join(folder, signal, 'center'));
      postmaster = found;
      expect(isRunning(found)).toBe(true);
      process.kill(-pid, signal);
      await ended;
      await expect.poll(() => isRunning(found), { timeout: 20_000 }).toBe(false);
    } finally {
      if (isRunning(-pid)) process.kill(-pid, 'SIGKILL');
      if (postmaster !== undefined && isRunning(postmaster)) process.kill(postmaster, 'SIGINT');
    }
  },
);

async function printed(output: NodeJS.ReadableStream, wanted: RegExp): Promise<void> {
  let text = '';
  for await (const piece of output) {
    text += String(piece);
    if (wanted.test(text)) return;
  }
  throw new Error(`it ended without ${wanted}`);
}

/** A process, or with a negative number any of a group. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
