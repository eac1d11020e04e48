import * as v from 'valibot';
import { type AppError, appError } from '#contracts/errors.ts';
import type { Day, Instant, PersonId, RecordId, Scope } from '#contracts/ids.ts';
import { type BodyByCollection, type CollectionName, recordTypes } from '#contracts/records/registry.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import type { ReplicaReader } from '../ports/replica.ts';
import type { Signer } from '../ports/signer.ts';

/** Who acts, where and when. `now` comes from a clock that may be wrong. */
export interface ActionContext {
  readonly now: Instant;
  readonly person: PersonId;
  readonly scope: Scope;
  /** The day at the clinic. */
  readonly today: Day;
  /** Signs in the person's name; absent for somebody who has no signing key yet. */
  readonly signer?: Signer;
  /** A fresh UUIDv7. */
  newId(): string;
}

/** One whole body to be written. The workstation adds envelope, revision, outbox row and audit row. */
export interface PlannedWrite<C extends CollectionName = CollectionName> {
  readonly collection: C;
  readonly id: RecordId;
  readonly body: BodyByCollection[C];
  /** Name of the line in the audit trail. */
  readonly audit: string;
  /** Goes into the envelope: why it is entered later than it happened. */
  readonly enteredLate?: string;
  /** Goes into the audit trail: why what is otherwise not allowed was done. */
  readonly reason?: string;
}

/** A planned write of any collection, told apart by `collection`. */
export type AnyPlannedWrite = { readonly [C in CollectionName]: PlannedWrite<C> }[CollectionName];

/** What an action wants written, all or nothing, and the record whose revision answers the request. */
export interface ActionPlan {
  readonly writes: readonly AnyPlannedWrite[];
  readonly subject: RecordId;
}

/** Present records, wherever they lie. */
export type RecordReader = Pick<ReplicaReader, 'get' | 'find'>;

/** A pure clinical action: reads one consistent state and returns the writes. */
export type Action<Input> = (
  reader: ReplicaReader,
  input: Input,
  context: ActionContext,
) => Result<ActionPlan, AppError>;

/** `record.invalid` naming the fields, and why, as issue ids of the catalogues. Never values. */
export function invalid(paths: readonly string[], issues?: readonly string[]): Result<never, AppError> {
  return fail(appError('record.invalid', issues === undefined ? { paths } : { paths, issues }));
}

/** `record.invalid` unless `body` fits the record type. */
export function checkBody<C extends CollectionName>(
  collection: C,
  body: BodyByCollection[C],
): Result<void, AppError> {
  const parsed = v.safeParse(recordTypes[collection].body, body);
  if (parsed.success) return ok(undefined);
  return invalid(parsed.issues.slice(0, 20).map((issue) => v.getDotPath(issue) ?? ''));
}

/** Drops members that are undefined, so that a body has one JSON form. */
export function withoutUndefined<Value extends object>(value: Value): Value {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Value;
}
