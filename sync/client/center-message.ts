import { crc32 } from 'node:zlib';
import * as v from 'valibot';
import { quickCheck } from '#contracts/quick-check.ts';
import {
  type CenterMessage,
  CenterMessageSchema,
  OutcomesSchema,
  PortionSchema,
} from '#contracts/wire/center-messages.ts';
import { maxMessageBytes } from '#contracts/wire/protocol.ts';
import { parseApart, type RecordTexts } from '../merge/parse-apart.ts';
import type { Unpacked } from './message-packing.ts';
import { misunderstood } from './session-end.ts';

/** A message as it was heard. */
export interface HeardMessage {
  readonly message: CenterMessage;
  /** About how long it was unpacked, in bytes. */
  readonly length: number;
  /** Of a portion that came packed. */
  readonly texts?: RecordTexts;
}

/** {@link parseCenterMessage} of what was unpacked; the records of a portion are parsed one by one. */
export function readCenterMessage(unpacked: Unpacked): HeardMessage {
  const { utf8 } = unpacked;
  const apart = utf8 !== undefined && mayBePortion(utf8) ? parseApart(utf8) : undefined;
  if (utf8 === undefined || apart === undefined) {
    const { text } = unpacked;
    return { message: parseCenterMessage(text), length: text.length };
  }
  if (utf8.length > maxMessageBytes) throw misunderstood('message too long');
  return { message: checked(apart.value, utf8), length: utf8.length, texts: apart.texts };
}

const portionBegin = Buffer.from('{"type":"portion"');

const mayBePortion = (utf8: Uint8Array): boolean =>
  portionBegin.equals(utf8.subarray(0, portionBegin.length));

/**
 * Parses one message of the center. Throws a `SessionEnd` when it is too long, no JSON, of no known shape, or when the
 * CRC of a frame or portion does not fit (PULL-2, LNK-2).
 */
export function parseCenterMessage(text: string): CenterMessage {
  if (text.length > maxMessageBytes) throw misunderstood('message too long');
  return checked(parseJson(text), text);
}

/** `text`: that of the whole message, also in UTF-8. */
function checked(raw: unknown, text: string | Uint8Array): CenterMessage {
  // What passes in thousands is checked as it came, and keeps members that only a newer program knows.
  const output = isPortion(raw) || isOutcomes(raw) ? raw : parsed(raw);
  const hasCrc = output.type === 'frame' || output.type === 'portion';
  if (hasCrc && !isOfCrc(text, raw, output.crc)) throw misunderstood(`${output.type} crc`);
  return output;
}

const isPortion = quickCheck(PortionSchema);
const isOutcomes = quickCheck(OutcomesSchema);

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
function isOfCrc(text: string | Uint8Array, raw: unknown, crc: number): boolean {
  const bytes =
    typeof text === 'string' ? Buffer.from(text) : Buffer.from(text.buffer, text.byteOffset, text.byteLength);
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
