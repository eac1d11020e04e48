import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { type Key, readKeys } from './keys.ts';

test('reads lines from a pipe, in any case, and nothing else', async () => {
  const pipe = new PassThrough();
  const keys: Key[] = [];
  const stop = readKeys(pipe, (key) => keys.push(key));
  pipe.write('c\nW\nx1 \nn\ns\nq\n');
  await new Promise(setImmediate);
  expect(keys).toEqual(['center', 'workstation', 'neighbour', 'second', 'quit']);
  stop();
  pipe.write('c\n');
  await new Promise(setImmediate);
  expect(keys).toHaveLength(5);
});

test('a terminal is read key by key and left as it was; Ctrl-C quits', async () => {
  const pipe = new PassThrough();
  const modes: boolean[] = [];
  const keys: Key[] = [];
  const terminal = Object.assign(pipe, { isTTY: true, setRawMode: (isRaw: boolean) => modes.push(isRaw) });
  const stop = readKeys(terminal, (key) => keys.push(key));
  pipe.write('\u0003');
  await new Promise(setImmediate);
  stop();
  expect(keys).toEqual(['quit']);
  expect(modes).toEqual([true, false]);
});
