import * as v from 'valibot';
import { createIdSource } from '#clinic/ids.ts';
import {
  type DeviceId,
  DeviceIdSchema,
  type EntryId,
  type Hlc,
  type Instant,
  type OperationId,
  type PersonId,
  type RecordId,
  type Scope,
} from '#contracts/ids.ts';
import type { BodyByCollection, CollectionName, RecordOf } from '#contracts/records/registry.ts';
import { revisionOf } from '#sync/merge/revision.ts';
import type { SeededRandom } from './seeded-random.ts';

/** One whole record of a collection and the operation that wrote it. */
export interface WrittenRecord<C extends CollectionName> {
  readonly collection: C;
  readonly op: OperationId;
  readonly record: RecordOf<C>;
}

/** A written record of any collection, told apart by `collection`. */
export type DistrictRecord = { readonly [C in CollectionName]: WrittenRecord<C> }[CollectionName];

/** Who wrote it, where and when. */
export interface Authorship {
  readonly scope: Scope;
  readonly author: PersonId;
  readonly device: DeviceId;
  readonly at: Instant;
}

/**
 * A UUIDv7 of the instant. Ids are branded here without parsing, since the format is that of clinic/ids.ts, whose tests
 * check it, and there are a million of them.
 */
function idAt(at: Instant, random: SeededRandom): string {
  return createIdSource({ now: () => at }, random)();
}
export const recordIdAt = (at: Instant, random: SeededRandom): RecordId => idAt(at, random) as RecordId;
export const entryIdAt = (at: Instant, random: SeededRandom): EntryId => idAt(at, random) as EntryId;
export const deviceIdAt = (at: Instant, random: SeededRandom): DeviceId =>
  v.parse(DeviceIdSchema, idAt(at, random));
const operationIdAt = (at: Instant, random: SeededRandom): OperationId => idAt(at, random) as OperationId;

/** Wraps a body as its first revision. */
export function envelop<C extends CollectionName>(
  collection: C,
  id: RecordId,
  body: BodyByCollection[C],
  written: Authorship,
  random: SeededRandom,
): WrittenRecord<C> {
  const op = operationIdAt(written.at, random);
  const content = {
    id,
    scope: written.scope,
    author: written.author,
    device: written.device,
    capturedAt: written.at,
    hlc: hlcOf(written.at, written.device),
    body,
  };
  return { collection, op, record: { ...content, rev: revisionOf(op, null, collection, content) } };
}

/** Twelve hex digits of time, a counter of zero, the last eight digits of the device. */
const hlcOf = (at: Instant, device: DeviceId): Hlc =>
  `${at.toString(16).padStart(12, '0')}-0000-${device.slice(-8)}` as Hlc;
