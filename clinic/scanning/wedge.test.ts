import { describe, expect, it } from 'vitest';
import {
  atSilence,
  fewestCharacters,
  longestGapMs,
  noBurst,
  pressWedgeKey,
  silenceMs,
  type WedgeKey,
  type WedgeScan,
  type WedgeState,
} from './wedge.ts';

const plain = { isShift: false, isControl: false, isOtherModifier: false, isRepeat: false };

/** What a US keyboard sends for a text of letters, digits and a few signs. */
function keysOf(text: string): Omit<WedgeKey, 'atMs'>[] {
  return [...text].map((sign) => {
    if (/\d/.test(sign)) return { ...plain, code: `Digit${sign}` };
    if (/[a-z]/i.test(sign)) {
      return { ...plain, code: `Key${sign.toUpperCase()}`, isShift: sign !== sign.toLowerCase() };
    }
    if (sign === '\u001d') return { ...plain, code: 'BracketRight', isControl: true };
    if (sign === '<') return { ...plain, code: 'Comma', isShift: true };
    if (sign === '\n') return { ...plain, code: 'Enter' };
    if (sign === '\t') return { ...plain, code: 'Tab' };
    throw new Error(`no key for ${sign}`);
  });
}

interface Played {
  readonly scans: readonly WedgeScan[];
  /** What reached the page. */
  readonly passed: number;
  readonly state: WedgeState;
}

/** Plays keys `gapMs(at)` apart. */
function play(keys: readonly Omit<WedgeKey, 'atMs'>[], gapMs: (at: number) => number): Played {
  let state = noBurst;
  let atMs = 1_000;
  let passed = 0;
  const scans: WedgeScan[] = [];
  keys.forEach((key, at) => {
    atMs += gapMs(at);
    const step = pressWedgeKey(state, { ...key, atMs });
    state = step.state;
    if (step.key === 'pass') passed += 1;
    if (step.scan !== undefined) scans.push(step.scan);
  });
  return { scans, passed, state };
}

describe('a reader that types', () => {
  it.each(['enter', 'tab'] as const)('is recognised up to its %s, which does not reach the page', (end) => {
    const keys = keysOf(`AC1234567${end === 'enter' ? '\n' : '\t'}`);
    const { scans, passed } = play(keys, () => 8);
    expect(scans).toEqual([{ text: 'AC1234567', end, leaked: 5 }]);
    expect(passed).toBe(5);
  });

  it('types capitals and signs whatever the layout, and the separator of GS1', () => {
    const { scans } = play(keysOf('IUUZB<a\u001d21x\n'), () => 4);
    expect(scans[0]?.text).toBe('IUUZB<a\u001d21x');
  });

  it('presses Shift as a key of its own between the characters', () => {
    const shift = { ...plain, code: 'ShiftLeft' };
    const { scans } = play(
      keysOf('ABCDEFG\n').flatMap((key) => (key.isShift ? [shift, key] : [key])),
      () => 10,
    );
    expect(scans).toMatchObject([{ text: 'ABCDEFG', leaked: 5 }]);
  });

  it('may use the number pad', () => {
    const keys = [...'123456'].map((digit) => ({ ...plain, code: `Numpad${digit}` }));
    expect(play([...keys, { ...plain, code: 'NumpadEnter' }], () => 5).scans).toMatchObject([
      { text: '123456' },
    ]);
  });

  it('is recognised at exactly the longest gap and the fewest characters, and not beyond', () => {
    const text = 'x'.repeat(fewestCharacters);
    expect(play(keysOf(`${text}\n`), () => longestGapMs).scans).toHaveLength(1);
    expect(play(keysOf(`${text}\n`), () => longestGapMs + 1).scans).toEqual([]);
    expect(play(keysOf(`${text.slice(1)}\n`), () => 5).scans).toEqual([]);
  });

  it('may pause before its Enter, but not for long', () => {
    const keys = keysOf('1234567\n');
    expect(play(keys, (at) => (at === 7 ? silenceMs : 5)).scans).toMatchObject([{ end: 'enter' }]);
    const late = play(keys, (at) => (at === 7 ? silenceMs + 1 : 5));
    expect(late.scans).toMatchObject([{ end: 'silence' }]);
    // That Enter was the nurse's own.
    expect(late.passed).toBe(6);
  });

  it('without Enter ends at silence', () => {
    const { state } = play(keysOf('12345678'), () => 5);
    expect(atSilence(state)).toMatchObject({
      state: noBurst,
      scan: { text: '12345678', end: 'silence', leaked: 5 },
    });
    expect(atSilence(play(keysOf('12345'), () => 5).state).scan).toBeUndefined();
  });

  it('two in a row without Enter are two', () => {
    const { scans, state } = play(keysOf('11111112222222'), (at) => (at === 7 ? silenceMs + 50 : 5));
    expect(scans).toMatchObject([{ text: '1111111' }]);
    expect(atSilence(state).scan?.text).toBe('2222222');
  });

  it('after typing takes only its own characters', () => {
    const { scans } = play(keysOf('karim1234567890\n'), (at) => (at < 6 ? 120 : 5));
    expect(scans[0]?.text).toBe('1234567890');
  });

  it('that never stops is bounded', () => {
    const { state } = play(keysOf('7'.repeat(10_000)), () => 1);
    expect(state.text.length).toBeLessThanOrEqual(2048);
  });
});

describe('a person who types', () => {
  it.each([
    ['a held key', () => keysOf('aaaaaaaaaaaa').map((key, at) => ({ ...key, isRepeat: at > 0 }))],
    ['Alt with keys', () => keysOf('abcdefgh').map((key) => ({ ...key, isOtherModifier: true }))],
    ['Control with letters', () => keysOf('abcdefgh').map((key) => ({ ...key, isControl: true }))],
    ['arrows', () => Array.from({ length: 10 }, () => ({ ...plain, code: 'ArrowDown' }))],
  ])('%s, however fast, is no reader', (_name, keys) => {
    const made = keys();
    const { scans, passed, state } = play([...made, ...keysOf('\n')], () => 5);
    expect(scans).toEqual([]);
    expect(passed).toBe(made.length + 1);
    expect(atSilence(state).scan).toBeUndefined();
  });

  it('is never taken for a reader in 20,000 sentences of a very quick one', () => {
    // 35 to 250 ms between keys, and rolls of up to four keys at 5 to 30 ms, as quick hands make.
    const random = seeded(7);
    let reached = 0;
    for (let sentence = 0; sentence < 20_000; sentence += 1) {
      const keys = keysOf('qon bosimi\n'.replace(' ', ''));
      let roll = 0;
      const { scans, passed } = play(keys, () => {
        roll = roll === 0 && random() < 0.2 ? 1 + Math.floor(random() * 4) : Math.max(0, roll - 1);
        return roll > 0 ? 5 + random() * 25 : 35 + random() * 215;
      });
      expect(scans).toEqual([]);
      if (passed === keys.length) reached += 1;
    }
    expect(reached).toBe(20_000);
  });
});

it('whatever the keys and times, every character is passed, told in a scan, or still held', () => {
  const random = seeded(11);
  const codes = ['KeyA', 'Digit7', 'Enter', 'Tab', 'ShiftLeft', 'ArrowUp', 'Minus', 'F5', 'Numpad3', ''];
  for (let round = 0; round < 2_000; round += 1) {
    let state = noBurst;
    let atMs = 0;
    let swallowed = 0;
    let told = 0;
    for (let press = 0; press < 60; press += 1) {
      atMs += random() < 0.8 ? random() * 20 : random() * 200 - 20;
      const code = codes[Math.floor(random() ** 2 * codes.length)] ?? '';
      const step = pressWedgeKey(state, { ...plain, code, isRepeat: random() < 0.02, atMs });
      state = step.state;
      const isCharacter = !['Enter', 'Tab'].includes(code);
      if (step.key === 'swallow' && isCharacter) swallowed += 1;
      if (step.scan !== undefined) told += step.scan.text.length - step.scan.leaked;
    }
    const held = Math.max(0, state.text.length - state.leaked);
    expect(told + held).toBe(swallowed);
  }
});

/** Reproducible numbers in [0, 1). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
