import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ClusterPlace } from '#center/postgres/cluster-place.ts';

/** Less of everything than the product takes; how PostgreSQL recovers does not depend on these. */
const settings = {
  // What the judged one writes is thrown away.
  fsync: 'off',
  shared_buffers: '8MB',
  max_connections: '10',
  max_wal_senders: '0',
  max_worker_processes: '0',
  io_method: 'sync',
  autovacuum: 'off',
  dynamic_shared_memory_type: 'mmap',
  listen_addresses: '',
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
} as const;

/** A PostgreSQL that has recovered. */
export interface RecoveredPostgres {
  readonly url: string;
  /** Ends it at once; the cluster is not used any more. */
  drop(): Promise<void>;
}

/**
 * Starts PostgreSQL on a cut cluster as fast as it can be. `folder`: for the socket, the log and the access file. Throws with the end of
 * PostgreSQL's log if it does not start.
 */
export async function recover(place: ClusterPlace, folder: string): Promise<RecoveredPostgres> {
  removeStaleFile(place);
  const access = join(folder, 'access.conf');
  writeFileSync(access, 'local all all trust\n', { mode: 0o644 });
  const logFile = join(folder, 'judged.log');
  const log = openSync(logFile, 'w', 0o600);
  const flags = Object.entries({ ...settings, unix_socket_directories: folder, hba_file: access });
  const child = spawn(
    place.binaries.postgres,
    ['-D', place.cluster, ...flags.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { ...place.account, cwd: place.binaries.folder, env: { LC_ALL: 'C' }, stdio: ['ignore', log, log] },
  );
  closeSync(log);
  const ended = once(child, 'exit');
  while (!isReady(join(place.cluster, 'postmaster.pid'), child.pid)) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(readFileSync(logFile, 'utf8').slice(-600));
    await pause(2);
  }
  return {
    url: `postgres://hamshira@${encodeURIComponent(folder)}/postgres`,
    drop: async () => {
      // Without a checkpoint, but its shared memory is given back.
      child.kill('SIGQUIT');
      await ended;
    },
  };
}

/** The process named there may be any by now, or the cut left it unwritten; the product tells which and takes it away (POS-3). */
const removeStaleFile = ({ cluster }: ClusterPlace) =>
  rmSync(join(cluster, 'postmaster.pid'), { force: true });

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Line 8 of the file says when connections are taken (PostgreSQL source, `pidfile.h`). */
function isReady(path: string, pid: number | undefined): boolean {
  const lines = textOf(path).split('\n');
  return lines[0] === String(pid) && lines[7]?.trim() === 'ready';
}
