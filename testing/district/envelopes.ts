import * as v from 'valibot';
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
 * A UUIDv7 of the instant. There are a million of them, so they are branded here without parsing; the test of the
 * generator parses them all.
 */
function idAt(at: Instant, random: SeededRandom): string {
  const time = at.toString(16).padStart(12, '0');
  const [first, second, third] = [hexWord(random), hexWord(random), hexWord(random)];
  const node = `${second.slice(4)}${third}`;
  return `${time.slice(0, 8)}-${time.slice(8)}-7${first.slice(0, 3)}-8${first.slice(3, 6)}-${node}`;
}
const hexWord = (random: SeededRandom): string =>
  random.integer(0, 0xffff_ffff).toString(16).padStart(8, '0');
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
