import { ReplicaFailure, type ReplicaFailureCode } from '#clinic/ports/replica-failure.ts';

/** Result codes of SQLite that a nurse or a technician can do something about; all others are defects of ours. */
const failureByResultCode: readonly (readonly [prefix: string, code: ReplicaFailureCode])[] = [
  ['SQLITE_FULL', 'store.disk-full'],
  // The shared memory of the write-ahead log could not grow: the disk is full.
  ['SQLITE_IOERR_SHMSIZE', 'store.disk-full'],
  ['SQLITE_CORRUPT', 'store.damaged'],
  ['SQLITE_NOTADB', 'store.damaged'],
  ['SQLITE_IOERR', 'store.damaged'],
  ['SQLITE_BUSY', 'store.in-use'],
  ['SQLITE_LOCKED', 'store.in-use'],
];

/** The symbolic SQLite result code of an error thrown by the driver, if it is one. */
export function resultCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' && error.code.startsWith('SQLITE_') ? error.code : undefined;
}

/** Turns an error of the driver into the `ReplicaFailure` it means; gives every other error back as it is (STO-5). */
export function asReplicaFailure(error: unknown): unknown {
  const resultCode = resultCodeOf(error);
  if (resultCode === undefined) return error;
  const match = failureByResultCode.find(([prefix]) => resultCode.startsWith(prefix));
  return match === undefined ? error : new ReplicaFailure(match[1], { cause: error });
}

/** Runs `work` and rethrows what the driver throws as `ReplicaFailure` where it means one. */
export function translatingFailures<Value>(work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    throw asReplicaFailure(error);
  }
}
