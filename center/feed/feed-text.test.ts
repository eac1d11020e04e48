import { crc32 } from 'node:zlib';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { RecordIdSchema, ScopeSchema } from '#contracts/ids.ts';
import { FrameSchema, PortionSchema } from '#contracts/wire/center-messages.ts';
import { frameText, portionUtf8 } from './feed-text.ts';

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
    const portion = v.parse(
      PortionSchema,
      JSON.parse(Buffer.from(portionUtf8(flow, items)).toString('utf8')),
    );
    expect(portion).toMatchObject({ type: 'portion', ...flow, documents: items });
    expect(portion.crc).toBe(crc32(JSON.stringify(portion.documents)));
  });

  it('is the text of its parts, whatever letters bodies have and however long they are', () => {
    const flow = { flow: 3, epoch: head.epoch, since: 0, through: 9, head: 12 };
    const letters = ['a', 'ў', 'ʻ', '語', '🙂', 'é\u2028"'];
    for (const longest of [1, 40, 2_000, 70_000]) {
      const items = letters.map((letter, place) => ({
        seq: place + 1,
        collection: 'patients' as const,
        body: JSON.stringify({ id: 'x', text: letter.repeat(Math.ceil(longest / (place + 1))) }),
      }));
      for (let count = 0; count <= items.length; count += 1) {
        const some = items.slice(items.length - count);
        const documents = `[${some.map(({ seq, collection, body }) => `{"seq":${seq},"collection":"${collection}","record":${body}}`).join(',')}]`;
        const known = JSON.stringify({ type: 'portion', ...flow, crc: crc32(documents) }).slice(0, -1);
        const expected = `${known},"documents":${documents}}`;
        expect(Buffer.from(portionUtf8(flow, some)).toString('utf8')).toBe(expected);
      }
    }
  });
});
