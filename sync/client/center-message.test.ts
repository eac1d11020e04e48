import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { parseCenterMessage, readCenterMessage } from './center-message.ts';
import { SessionEnd } from './session-end.ts';

const documents = [
  { seq: 3, collection: 'patients', record: { b: 1, a: 'ў', unknown: [1.5, null] }, extra: true },
];
const frame = {
  type: 'frame',
  epoch: '0190a000-0000-7000-8000-000000000000',
  scope: 'AND000001',
  lane: 1,
  since: 0,
  through: 3,
  head: 3,
  crc: crc32(JSON.stringify(documents)),
  documents,
};

describe('parseCenterMessage', () => {
  it('takes a frame whose CRC fits the documents as they were sent', () => {
    expect(parseCenterMessage(JSON.stringify(frame))).toMatchObject({ type: 'frame', through: 3 });
  });

  it.each([
    ['a frame altered under way', JSON.stringify(frame).replace('1.5', '2.5')],
    ['no JSON', '{'],
    ['an unknown type', '{"type":"welcome-back"}'],
    ['a known type of another shape', '{"type":"hint","scope":"AND000001","head":-1}'],
    ['another value', 'null'],
  ])('ends the connection at %s (LNK-2)', (_what, text) => {
    expect(() => parseCenterMessage(text)).toThrow(SessionEnd);
  });

  it('says where a message does not fit, never what it held', () => {
    const text = '{"type":"hint","scope":"Karimova Dilnoza","head":1}';
    expect(() => parseCenterMessage(text)).toThrow(/^misunderstood: message hint: scope$/);
  });
});

describe('readCenterMessage', () => {
  const { scope: _scope, lane: _lane, type: _type, ...rest } = frame;
  const portion = { type: 'portion', flow: 1, ...rest };
  const read = (text: string) => readCenterMessage({ text, utf8: Buffer.from(text) });

  it('reads a portion that came packed as it reads its text, and finds the text of each record', () => {
    const text = JSON.stringify(portion);
    const { message, texts, length } = read(text);
    expect(message).toStrictEqual(parseCenterMessage(text));
    expect(texts?.map((each) => Buffer.from(each ?? []).toString())).toEqual([
      JSON.stringify(documents[0]?.record),
    ]);
    expect(length).toBe(Buffer.byteLength(text));
  });

  it.each([
    ['altered under way', JSON.stringify(portion).replace('1.5', '2.5')],
    ['that is no JSON within a record', JSON.stringify(portion).replace('1.5', '1.')],
    ['of another shape', JSON.stringify({ ...portion, through: -1 })],
  ])('ends the connection at a portion %s (LNK-2)', (_what, text) => {
    expect(() => read(text)).toThrow(SessionEnd);
  });

  it('reads a portion whose documents do not come last', () => {
    const { crc, ...others } = portion;
    expect(read(JSON.stringify({ ...others, crc })).message).toMatchObject({ through: 3 });
  });
});
