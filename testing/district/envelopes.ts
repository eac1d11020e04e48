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
 * Makes ids as workstations do (clinic/ids.ts): those that one person makes on one day share their random part but for a
 * small step.
 */
export interface IdMint {
  /** `by`: whose workstation it is. */
  next(at: Instant, by: PersonId, random: SeededRandom): string;
}

interface Tail {
  readonly first: number;
  readonly second: number;
  third: number;
}

const dayMs = 86_400_000;

/** The same calls give the same ids. Holds what each person and day came to. */
export function createIdMint(): IdMint {
  const tails = new Map<string, Tail>();
  return {
    next: (at, by, random) => {
      const key = `${by}${Math.floor(at / dayMs)}`;
      const [first, second, third] = [word(random), word(random), word(random)];
      const tail = tails.get(key) ?? { first, second, third: third >>> 1 };
      // Steps are odd or even by chance, and the number of draws is that of an id that shares nothing.
      tail.third += 1 + (third & 7);
      tails.set(key, tail);
      return uuidText(at, tail);
    },
  };
}

/** There are a million of them, so they are branded here without parsing; the test of the generator parses them all. */
function uuidText(at: Instant, tail: Tail): string {
  const time = at.toString(16).padStart(12, '0');
  const [first, second, third] = [hex(tail.first), hex(tail.second), hex(tail.third)];
  const node = `${second.slice(4)}${third}`;
  return `${time.slice(0, 8)}-${time.slice(8)}-7${first.slice(0, 3)}-8${first.slice(3, 6)}-${node}`;
}

const word = (random: SeededRandom): number => random.integer(0, 0xffff_ffff);
const hex = (value: number): string => value.toString(16).padStart(8, '0');

/** An id that shares nothing with others: the center's, or of somebody's first day. */
const idAt = (at: Instant, random: SeededRandom): string =>
  uuidText(at, { first: word(random), second: word(random), third: word(random) });
export const recordIdAt = (at: Instant, random: SeededRandom): RecordId => idAt(at, random) as RecordId;
export const deviceIdAt = (at: Instant, random: SeededRandom): DeviceId =>
  v.parse(DeviceIdSchema, idAt(at, random));
/** Whose workstation makes ids, and where it came to with them. */
export interface Scribe {
  readonly by: PersonId;
  readonly mint: IdMint;
}
export const nextRecordId = (at: Instant, { by, mint }: Scribe, random: SeededRandom): RecordId =>
  mint.next(at, by, random) as RecordId;
export const nextEntryId = (at: Instant, { by, mint }: Scribe, random: SeededRandom): EntryId =>
  mint.next(at, by, random) as EntryId;
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
