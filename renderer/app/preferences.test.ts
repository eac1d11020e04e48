import { expect, it } from 'vitest';
import { openPreferences, rememberedAfter } from './preferences.ts';

const [ann, bob] = ['01930000-0000-7000-8000-0000000000a1', '01930000-0000-7000-8000-0000000000b2'];

/** A storage that holds this text, and what is written last. */
function storage(text: string | null) {
  let kept = text;
  return {
    getItem: () => kept,
    setItem: (_: string, value: string) => {
      kept = value;
    },
  };
}

it('takes over who worked last from programs that remembered only one', () => {
  const older = JSON.stringify({ language: 'ru', theme: 'dark', lastPerson: ann });
  expect(openPreferences(storage(older)).get()).toEqual({ language: 'ru', theme: 'dark', lastPeople: [ann] });
});

it('keeps what is set, and forgets only what cannot be read', () => {
  const disk = storage(null);
  openPreferences(disk).set({ lastPeople: [bob, ann], theme: 'light' });
  expect(openPreferences(disk).get()).toEqual({
    language: 'uz-Latn',
    theme: 'light',
    lastPeople: [bob, ann],
  });
  const strange = JSON.stringify({ language: 'en', lastPeople: ['nobody'], theme: 'light' });
  expect(openPreferences(storage(strange)).get()).toEqual({ language: 'en', theme: 'light', lastPeople: [] });
});

it('remembers each once, the last first, and not without end', () => {
  expect(rememberedAfter([ann, bob], bob)).toEqual([bob, ann]);
  const many = Array.from({ length: 20 }, (_, at) => String(at));
  expect(many.reduce(rememberedAfter, [])).toHaveLength(8);
});
