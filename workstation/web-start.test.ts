import { expect, test } from 'vitest';
import { parseWebArguments, readWebArguments, usualPort } from './web-start.ts';

test('reads folder, port and renderer', () => {
  expect(parseWebArguments(['--data', '/d'], '/r')).toEqual({ data: '/d', port: usualPort, renderer: '/r' });
  expect(parseWebArguments(['--data', '/d', '--port', '0', '--renderer', '/x'], '/r')).toEqual({
    data: '/d',
    port: 0,
    renderer: '/x',
  });
});

test.each([
  [[]],
  [['--data', '/d', '--port', '70000']],
  [['--data', '/d', '--port', '-1']],
  [['--data', '/d', '--unknown']],
  [['/d']],
])('%j is refused', (argv) => {
  expect(() => parseWebArguments(argv, '/r')).toThrow();
});

test('a wrong call tells how it is called, and ends with 2', () => {
  const host: { exitCode?: number } = {};
  expect(readWebArguments(['--help'], '/r', host)).toBeNull();
  expect(host.exitCode).toBeUndefined();
  expect(readWebArguments(['--dta', '/d'], '/r', host)).toBeNull();
  expect(host.exitCode).toBe(2);
  expect(readWebArguments(['--data', '/d'], '/r', host)?.data).toBe('/d');
});
