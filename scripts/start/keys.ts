export type Key = 'center' | 'workstation' | 'neighbour' | 'second' | 'quit';

const keyByCharacter: Readonly<Record<string, Key>> = {
  c: 'center',
  w: 'workstation',
  n: 'neighbour',
  s: 'second',
  q: 'quit',
  '\u0003': 'quit',
  '\u0004': 'quit',
};

/** The key a character stands for, or undefined. */
export const keyOf = (character: string): Key | undefined => keyByCharacter[character.toLowerCase()];

/** A terminal, or a pipe that sends lines. */
export interface KeyInput {
  readonly isTTY?: boolean;
  on(event: 'data', hear: (text: string) => void): unknown;
  off(event: 'data', hear: (text: string) => void): unknown;
  setEncoding(encoding: 'utf8'): unknown;
  resume(): unknown;
  pause(): unknown;
  setRawMode?(isRaw: boolean): unknown;
}

/** Tells each key as it is pressed, or read from a pipe. Returns a function that ends it. */
export function readKeys(input: KeyInput, pressed: (key: Key) => void): () => void {
  const hear = (text: string): void => {
    for (const character of text) {
      const key = keyOf(character);
      if (key !== undefined) pressed(key);
    }
  };
  input.setEncoding('utf8');
  if (input.isTTY) input.setRawMode?.(true);
  input.on('data', hear);
  input.resume();
  return () => {
    input.off('data', hear);
    if (input.isTTY) input.setRawMode?.(false);
    input.pause();
  };
}
