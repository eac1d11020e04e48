import { crc32 } from 'node:zlib';
import * as v from 'valibot';
import { quickCheck } from '#contracts/quick-check.ts';
import { type CenterMessage, CenterMessageSchema, PortionSchema } from '#contracts/wire/center-messages.ts';
import { maxMessageBytes } from '#contracts/wire/protocol.ts';
import { misunderstood } from './session-end.ts';

/**
 * Parses one message of the center. Throws a `SessionEnd` when it is too long, no JSON, of no known shape, or when the
 * CRC of a frame or portion does not fit (PULL-2, LNK-2). `utf8`: the text in bytes, where they are at hand.
 */
export function parseCenterMessage(text: string, utf8?: Uint8Array): CenterMessage {
  if (text.length > maxMessageBytes) throw misunderstood('message too long');
  const raw = parseJson(text);
  // Portions pass in thousands: they are checked as they came, and keep members that only a newer program knows.
  const output = isPortion(raw) ? raw : parsed(raw);
  const hasCrc = output.type === 'frame' || output.type === 'portion';
  if (hasCrc && !isOfCrc(utf8 ?? Buffer.from(text), raw, output.crc))
    throw misunderstood(`${output.type} crc`);
  return output;
}

const isPortion = quickCheck(PortionSchema);

function parsed(raw: unknown): CenterMessage {
  const message = v.safeParse(CenterMessageSchema, raw);
  if (!message.success) throw misunderstood(`message ${typeOf(raw)}: ${pathsOf(message.issues)}`);
  return message.output;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw misunderstood('no JSON');
  }
}

/** A center writes the documents last, so that mostly the text itself can be summed up. */
function isOfCrc(utf8: Uint8Array, raw: unknown, crc: number): boolean {
  const bytes = Buffer.from(utf8.buffer, utf8.byteOffset, utf8.byteLength);
  const at = bytes.indexOf(documentsKey);
  return (at >= 0 && crc32(bytes.subarray(at + documentsKey.length, -1)) === crc) || crcOf(raw) === crc;
}

const documentsKey = '"documents":';
const WithDocuments = v.looseObject({ documents: v.array(v.unknown()) });

/** Over the documents as they came: the schemas drop unknown members and may change their order. */
const crcOf = (raw: unknown): number => crc32(JSON.stringify(v.parse(WithDocuments, raw).documents));

const WithType = v.looseObject({ type: v.pipe(v.string(), v.regex(/^[a-z-]{1,32}$/)) });

function typeOf(raw: unknown): string {
  const typed = v.safeParse(WithType, raw);
  return typed.success ? typed.output.type : 'without type';
}

const pathsOf = (issues: readonly v.BaseIssue<unknown>[]): string =>
  issues
    .slice(0, 3)
    .map((issue) => v.getDotPath(issue) ?? '')
    .join(' ');
