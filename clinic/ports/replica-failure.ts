import type { AppError, ErrorCode } from '#contracts/errors.ts';

/** Codes a replica may fail with; nothing was written when one is thrown. */
export type ReplicaFailureCode = Extract<ErrorCode, `store.${string}`>;

/** An expected failure of the replica's disk. Thrown, because it can come out of any read or write. */
export class ReplicaFailure extends Error {
  readonly error: AppError;

  constructor(code: ReplicaFailureCode, options?: ErrorOptions) {
    super(code, options);
    this.name = 'ReplicaFailure';
    this.error = { code };
  }
}
