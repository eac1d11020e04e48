/** One press of a key as the browser tells it: where the key is, not what the keyboard layout makes of it. */
export interface WedgeKey {
  /** `KeyboardEvent.code`: `KeyA`, `Digit1`. A Cyrillic layout changes `key`, never `code`. */
  readonly code: string;
  readonly isShift: boolean;
  readonly isControl: boolean;
  /** Alt or the system key is held: nothing a scanner sends. */
  readonly isOtherModifier: boolean;
  /** The key repeats because it is held down. */
  readonly isRepeat: boolean;
  /** Milliseconds of a clock that never goes back: `KeyboardEvent.timeStamp`. */
  readonly atMs: number;
}

/** A reader that types. */
export interface WedgeScan {
  readonly text: string;
  /** How it ended. After `silence` the page takes it only if it is of a known kind: see {@link atSilence}. */
  readonly end: 'enter' | 'tab' | 'silence';
  /** Characters that went through to the page before it was clear that nobody types like this; the page takes them back. */
  readonly leaked: number;
}

/** The running burst: keys that came faster than anybody types. */
export interface WedgeState {
  readonly text: string;
  readonly lastMs: number;
  readonly leaked: number;
}

/** What to do with the key: `swallow` keeps it from the page (preventDefault). */
export interface WedgeStep {
  readonly state: WedgeState;
  readonly key: 'pass' | 'swallow';
  readonly scan?: WedgeScan;
}

/** Characters of a reader come at most this far apart. */
export const longestGapMs = 30;
/** So many characters at that pace, and it is no human. */
export const fewestCharacters = 6;
/** A burst is over after this long without a key. Scanners may also take as long before their Enter. */
export const silenceMs = 100;
const mostCharacters = 2048;

export const noBurst: WedgeState = { text: '', lastMs: Number.NEGATIVE_INFINITY, leaked: 0 };

/**
 * One key further. Pure: the page keeps the state, gives every keydown, and calls {@link atSilence} once no key came for
 * {@link silenceMs}. Keys pass until a burst has {@link fewestCharacters}; from then on they are swallowed, the closing Enter or
 * Tab too, so that a scan submits no form.
 */
export function pressWedgeKey(state: WedgeState, key: WedgeKey): WedgeStep {
  if (isModifierItself(key.code)) return { state, key: 'pass' };
  const sinceMs = key.atMs - state.lastMs;
  // The page's timer may be late.
  if (isCertain(state) && (sinceMs > silenceMs || sinceMs < 0))
    return { ...pressWedgeKey(noBurst, key), ...scanOf(state, 'silence') };
  if (key.isRepeat || key.isOtherModifier) return breakOff(state);
  const end = endOf(key);
  if (end !== undefined) return close(state, end);
  const character = characterOf(key);
  if (character === undefined) return breakOff(state);
  const longestMs = isCertain(state) ? silenceMs : longestGapMs;
  return extend(sinceMs > longestMs || sinceMs < 0 ? noBurst : state, character, key.atMs);
}

/**
 * No key came for {@link silenceMs}: the burst is over. Some readers send no Enter, so this may be a scan too; the page takes it only
 * if it is of a known kind, and gives the text back to the field otherwise.
 */
export function atSilence(state: WedgeState): WedgeStep {
  return breakOff(state);
}

const isCertain = (state: WedgeState): boolean => state.text.length >= fewestCharacters;

const scanOf = ({ text, leaked }: WedgeState, end: WedgeScan['end']): { readonly scan: WedgeScan } => ({
  scan: { text, end, leaked },
});

function breakOff(state: WedgeState): WedgeStep {
  const over = { state: noBurst, key: 'pass' } as const;
  return isCertain(state) ? { ...over, ...scanOf(state, 'silence') } : over;
}

function close(state: WedgeState, end: 'enter' | 'tab'): WedgeStep {
  if (!isCertain(state)) return breakOff(state);
  return { state: noBurst, key: 'swallow', ...scanOf(state, end) };
}

function extend(burst: WedgeState, character: string, atMs: number): WedgeStep {
  if (burst.text.length >= mostCharacters) return { state: noBurst, key: 'swallow' };
  const isSwallowed = burst.text.length + 1 >= fewestCharacters;
  return {
    state: {
      text: burst.text + character,
      lastMs: atMs,
      leaked: isSwallowed ? burst.leaked : burst.leaked + 1,
    },
    key: isSwallowed ? 'swallow' : 'pass',
  };
}

function endOf({ code, isShift, isControl }: WedgeKey): 'enter' | 'tab' | undefined {
  if (isShift || isControl) return undefined;
  if (code === 'Enter' || code === 'NumpadEnter') return 'enter';
  return code === 'Tab' ? 'tab' : undefined;
}

const isModifierItself = (code: string): boolean => /^(Shift|Control|Alt|Meta)(Left|Right)$/.test(code);

/** The separator of GS1 (U+001D), as scanners type it. */
const separatorCode = 'BracketRight';

/** Signs of the US layout, which readers are set to unless somebody changed them, without and with Shift. */
const signsByCode: Readonly<Record<string, readonly [string, string]>> = {
  Space: [' ', ' '],
  Minus: ['-', '_'],
  Equal: ['=', '+'],
  BracketLeft: ['[', '{'],
  BracketRight: [']', '}'],
  Backslash: ['\\', '|'],
  Semicolon: [';', ':'],
  Quote: ["'", '"'],
  Backquote: ['`', '~'],
  Comma: [',', '<'],
  Period: ['.', '>'],
  Slash: ['/', '?'],
  NumpadDecimal: ['.', '.'],
  NumpadSubtract: ['-', '-'],
  NumpadAdd: ['+', '+'],
  NumpadMultiply: ['*', '*'],
  NumpadDivide: ['/', '/'],
};
const shiftedDigits = ')!@#$%^&*(';

/** The character a US keyboard has there; undefined for keys that are none. Caps Lock plays no part: readers type with Shift. */
function characterOf({ code, isShift, isControl }: WedgeKey): string | undefined {
  if (isControl) return code === separatorCode && !isShift ? '\u001d' : undefined;
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  if (letter !== undefined) return isShift ? letter : letter.toLowerCase();
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code)?.[1];
  if (digit !== undefined) {
    return isShift && code.startsWith('Digit') ? shiftedDigits.charAt(Number(digit)) : digit;
  }
  return signsByCode[code]?.[isShift ? 1 : 0];
}
