import { crc32 } from 'node:zlib';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { RecordIdSchema, ScopeSchema } from '#contracts/ids.ts';
import { FrameSchema, PortionSchema } from '#contracts/wire/center-messages.ts';
import { frameText, portionText } from './feed-text.ts';

const head = {
  epoch: '0199b000-0000-7000-8000-000000000001',
  scope: v.parse(ScopeSchema, 'SAM000123'),
  lane: 1,
  since: 4,
  through: 9,
  head: 12,
} as const;

describe('FEE-3: the text of a frame', () => {
  it('is a frame whose checksum covers the documents as a reader writes them again', () => {
    const body = JSON.stringify({ name: 'Gʻulom "Ҳ" \u2028', empty: [], nested: { 2: 1, 1: 2, z: null } });
    const entry = { collection: 'patients' as const, body };
    const text = frameText(head, [
      { seq: 5, ...entry },
      { seq: 9, ...entry },
    ]);
    const frame = v.parse(FrameSchema, JSON.parse(text));
    expect(frame).toMatchObject({ type: 'frame', ...head });
    expect(frame.documents.map(({ seq, record }) => [seq, JSON.stringify(record)])).toEqual([
      [5, body],
      [9, body],
    ]);
    expect(frame.crc).toBe(crc32(JSON.stringify(frame.documents)));
  });

  it('may be empty', () => {
    const frame = v.parse(FrameSchema, JSON.parse(frameText(head, [])));
    expect(frame.documents).toEqual([]);
    expect(frame.crc).toBe(crc32('[]'));
  });

  it('of a portion may say that a record left the scope', () => {
    const withdrawn = v.parse(RecordIdSchema, '0199b000-0000-7000-8000-000000000002');
    const flow = { flow: 3, epoch: head.epoch, since: 4, through: 9, head: 12 };
    const items = [{ seq: 7, collection: 'visits' as const, withdrawn }];
    const portion = v.parse(PortionSchema, JSON.parse(portionText(flow, items)));
    expect(portion).toMatchObject({ type: 'portion', ...flow, documents: items });
    expect(portion.crc).toBe(crc32(JSON.stringify(portion.documents)));
  });
});
