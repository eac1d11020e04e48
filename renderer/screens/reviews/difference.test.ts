import { describe, expect, it } from 'vitest';
import { markDifferences } from './difference.ts';

const marked = (text: string, other: string) =>
  markDifferences(text, other)
    .map((piece) => (piece.isDifferent ? `[${piece.text.trim()}]` : piece.text.trim()))
    .join(' ');

describe('marking what differs', () => {
  it('marks nothing where nothing differs, and everything where all does', () => {
    expect(marked('Pulse 72 /min', 'Pulse 72 /min')).toBe('Pulse 72 /min');
    expect(marked('Pulse', 'Weight')).toBe('[Pulse]');
    expect(marked('', 'Weight')).toBe('');
  });

  it('marks the words that the other text lacks, in order', () => {
    expect(marked('Pressure 152/94 mmHg · Pulse 88 /min', 'Pressure 125/94 mmHg · Pulse 88 /min')).toBe(
      'Pressure [152/94] mmHg · Pulse 88 /min',
    );
    expect(marked('+998 93 555 01 99', '+998 93 555 01 01')).toBe('+998 93 555 01 [99]');
    expect(marked('one two three', 'three one two')).toBe('one two [three]');
    expect(marked('Karimova Dilnoza Rustam qizi', 'Karimova Dilnoza Rustamovna')).toBe(
      'Karimova Dilnoza [Rustam qizi]',
    );
  });

  it('loses no character', () => {
    const text = '  two\n lines  and   blanks ';
    expect(
      markDifferences(text, 'two blanks')
        .map((piece) => piece.text)
        .join(''),
    ).toBe(text);
    const long = 'word '.repeat(400);
    expect(markDifferences(long, 'x')).toEqual([{ text: long, isDifferent: true }]);
  });
});
