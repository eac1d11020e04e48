import * as v from 'valibot';

const uuid = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, 'not a lower-case UUID'),
);

/** Id of any record: UUIDv7, lower case. */
export const RecordIdSchema = v.pipe(uuid, v.brand('RecordId'));
export type RecordId = v.InferOutput<typeof RecordIdSchema>;

/** Id of one entry inside a record (a set of vitals, a diagnosis): UUIDv7. */
export const EntryIdSchema = v.pipe(uuid, v.brand('EntryId'));
export type EntryId = v.InferOutput<typeof EntryIdSchema>;

/** Id of one operation: makes a push idempotent. UUIDv7. */
export const OperationIdSchema = v.pipe(uuid, v.brand('OperationId'));
export type OperationId = v.InferOutput<typeof OperationIdSchema>;

/** Id the center gives an enrolled workstation: UUIDv7. */
export const DeviceIdSchema = v.pipe(uuid, v.brand('DeviceId'));
export type DeviceId = v.InferOutput<typeof DeviceIdSchema>;

/** Id of a member of staff; also the id of the staff record. */
export const PersonIdSchema = v.pipe(uuid, v.brand('PersonId'));
export type PersonId = v.InferOutput<typeof PersonIdSchema>;

/** The facility a record belongs to: national organisation code `shif`, three letters and six digits. */
export const ScopeSchema = v.pipe(
  v.string(),
  v.regex(/^[A-Z]{3}[0-9]{6}$/, 'not a facility code'),
  v.brand('Scope'),
);
export type Scope = v.InferOutput<typeof ScopeSchema>;

/** Revision of a record: `<version>-<32 hex digits>`, see docs/specs/sync.md REV-1. */
export const RevisionSchema = v.pipe(
  v.string(),
  v.regex(/^[1-9][0-9]{0,8}-[0-9a-f]{32}$/, 'not a revision'),
  v.brand('Revision'),
);
export type Revision = v.InferOutput<typeof RevisionSchema>;

/** Hybrid logical clock: 12 hex digits of milliseconds, 4 of counter, 8 of device; sorts as text. Orders display only. */
export const HlcSchema = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{12}-[0-9a-f]{4}-[0-9a-f]{8}$/, 'not a clock value'),
  v.brand('Hlc'),
);
export type Hlc = v.InferOutput<typeof HlcSchema>;

/** Calendar day at the clinic, `YYYY-MM-DD`. */
export const DaySchema = v.pipe(v.string(), v.isoDate(), v.brand('Day'));
export type Day = v.InferOutput<typeof DaySchema>;

/** Milliseconds since 1970, by a clock that may be wrong. */
export const InstantSchema = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(8.64e15));
export type Instant = v.InferOutput<typeof InstantSchema>;
