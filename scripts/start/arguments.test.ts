import { expect, test } from 'vitest';
import { readArguments, StartRefusal } from './arguments.ts';

test('without options everything is chosen', () => {
  expect(readArguments([], '/project')).toEqual({
    dataFolder: '/project/data-local',
    port: undefined,
    centerPort: undefined,
    postgresUrl: undefined,
    patients: 600,
    opensBrowser: true,
    shell: 'auto',
  });
});

test('options are read', () => {
  const line = ['--data', '/elsewhere', '--port', '8080', '--patients=0', '--no-open', '--shell', 'web'];
  expect(readArguments(line, '/project')).toMatchObject({
    dataFolder: '/elsewhere',
    port: 8080,
    patients: 0,
    opensBrowser: false,
    shell: 'web',
  });
});

test.each([
  [['--port', '0'], '--port takes a number from 1 to 65535, not 0'],
  [['--port', '65536'], '--port'],
  [['--port', '8o8o'], '--port'],
  [['--patients', '-1'], '--patients'],
  [['--shell', 'tortoise'], '--shell takes'],
  [['--databse', 'x'], '--databse'],
  [['extra'], 'extra'],
])('%j is refused with a reason', (line, reason) => {
  expect(() => readArguments(line, '/project')).toThrow(StartRefusal);
  expect(() => readArguments(line, '/project')).toThrow(reason);
});
