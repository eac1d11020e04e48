import { fork } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Side, sideOf } from './calls.ts';

/** A center in a process of its own, and a folder of the benchmark's in which it keeps its data as `center`. */
export interface CenterAndFolder {
  readonly center: Side;
  readonly folder: string;
}

/** Runs a benchmark with the center of center-side.ts; takes both away after it, however it ended. */
export async function withCenter(
  name: string,
  measure: (started: CenterAndFolder) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), `hamshira-bench-${name}-`));
  // PostgreSQL has an account of its own where everything runs as root.
  await chmod(folder, 0o755);
  try {
    const center = await sideOf(fork(join(import.meta.dirname, 'center-side.ts'), [folder]), 'center');
    try {
      await measure({ center, folder });
    } finally {
      await center.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
