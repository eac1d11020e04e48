import * as v from 'valibot';
import {
  DeviceIdSchema,
  InstantSchema,
  PersonIdSchema,
  RecordIdSchema,
  ScopeSchema,
} from '#contracts/ids.ts';
import { CollectionNameSchema } from '#contracts/records/registry.ts';
import { AuditHeadSchema } from '#contracts/wire/client-messages.ts';

/*
 * An exported audit trail (docs/specs/audit.md EXP): JSON lines, each exactly as `JSON.stringify` writes it. A heading, an entry
 * per line in ascending order, an ending. Entries name people, records and patients by id; reasons are what staff typed.
 */

const hash = AuditHeadSchema.entries.hash;
const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));

export const HeadingSchema = v.strictObject({
  trail: v.literal('hamshira audit trail 1'),
  device: DeviceIdSchema,
  scope: ScopeSchema,
  /** What the first hash builds on. */
  start: hash,
  exportedAt: InstantSchema,
});
export type Heading = v.InferOutput<typeof HeadingSchema>;

export const EntryLineSchema = v.strictObject({
  seq: AuditHeadSchema.entries.seq,
  at: InstantSchema,
  person: v.nullable(PersonIdSchema),
  action: v.string(),
  collection: v.nullable(CollectionNameSchema),
  record: v.nullable(RecordIdSchema),
  reason: v.nullable(v.string()),
  patient: v.nullable(RecordIdSchema),
  hash,
});
export type EntryLine = v.InferOutput<typeof EntryLineSchema>;

export const EndingSchema = v.strictObject({ entries: count, hash });

/** A head as the center writes it down (`npm run center -- audit-heads`). */
export const KeptHeadSchema = v.object({
  device: DeviceIdSchema,
  ...AuditHeadSchema.entries,
  finding: v.nullable(v.string()),
});

/** Longest line: a reason has at most some thousand characters. */
const mostLineBytes = 256 * 1024;

/** A line with its number from 1; `text` is undefined for one that is too long to be of a trail, or no UTF-8. */
export interface FileLine {
  readonly number: number;
  readonly text: string | undefined;
}

/** The lines of a file, a bounded piece at a time. A last line without its end counts as a line. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<FileLine> {
  let rest = Buffer.alloc(0);
  let number = 0;
  let isTooLong = false;
  for await (const chunk of chunks) {
    let from = 0;
    const piece = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let end = piece.indexOf(0x0a); end >= 0; end = piece.indexOf(0x0a, from)) {
      number += 1;
      const line =
        rest.length === 0 ? piece.subarray(from, end) : Buffer.concat([rest, piece.subarray(from, end)]);
      yield { number, text: isTooLong ? undefined : textOf(line) };
      rest = Buffer.alloc(0);
      isTooLong = false;
      from = end + 1;
    }
    if (from < piece.length && !isTooLong) rest = Buffer.concat([rest, piece.subarray(from)]);
    if (rest.length > mostLineBytes) {
      rest = Buffer.alloc(0);
      isTooLong = true;
    }
  }
  if (rest.length > 0 || isTooLong) yield { number: number + 1, text: isTooLong ? undefined : textOf(rest) };
}

function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.length > mostLineBytes) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Reads a line that has to be exactly the JSON of what it says; undefined if it is not. */
export function readExactly<Schema extends v.GenericSchema>(
  schema: Schema,
  text: string | undefined,
): v.InferOutput<Schema> | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    const parsed = v.safeParse(schema, value);
    return parsed.success && JSON.stringify(value) === text ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}
