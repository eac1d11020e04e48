import { expect, it } from 'vitest';
import { orderedText } from './ordered-text.ts';

const texts = [
  '',
  'a',
  'A',
  "o'",
  'oʻ',
  'ў',
  'Ж',
  '\ud7ff',
  '\ue000',
  '\uffee',
  '\uffff',
  '💉',
  '💊',
  '\u{10fffe}',
  '\u{10ffff}',
];
const pairs = texts.flatMap((left) => texts.map((right) => left + right));

// STO-9
it('orders its UTF-8 bytes as RxDB orders the UTF-16 units of the text', () => {
  const byUnits = [...new Set(pairs)].sort();
  const byBytes = [...new Set(pairs)].sort((left, right) =>
    Buffer.compare(Buffer.from(orderedText(left)), Buffer.from(orderedText(right))),
  );
  expect(byBytes).toEqual(byUnits);
});

it('keeps different texts different, and usual text as it is', () => {
  expect(new Set(pairs.map(orderedText)).size).toBe(new Set(pairs).size);
  expect(orderedText('Oʻtkirbek Йўлдошев 2026-01-01')).toBe('Oʻtkirbek Йўлдошев 2026-01-01');
});

it('refuses half a character', () => {
  expect(() => orderedText('a\ud83d')).toThrow(RangeError);
});
