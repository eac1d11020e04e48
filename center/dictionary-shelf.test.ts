import { expect, it } from 'vitest';
import { openDictionaryShelf } from './dictionary-shelf.ts';
import { createLocalNews } from './feed/local-news.ts';
import type { Dictionary } from './gateway/packings.ts';

const bytes = new Uint8Array();
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A shelf whose database and hour are in the test's hands. */
async function openShelf() {
  const bus = createLocalNews();
  let published: readonly Dictionary[] = [{ version: 1, bytes }];
  let isBroken = false;
  let reads = 0;
  let hour: () => void = () => undefined;
  const logged: string[] = [];
  const shelf = await openDictionaryShelf(
    async () => {
      reads += 1;
      if (isBroken) throw new Error('no database');
      return published;
    },
    bus,
    {
      timers: {
        after: (_waitMs, run) => {
          hour = run;
          return () => {
            hour = () => undefined;
          };
        },
      },
      log: (line) => logged.push(line),
    },
  );
  return {
    shelf,
    bus,
    logged,
    reads: () => reads,
    passHour: () => hour(),
    breakDatabase: (broken: boolean) => {
      isBroken = broken;
    },
    publish: (version: number) => {
      published = [{ version, bytes }, ...published];
    },
    versions: () => shelf.current().map(({ version }) => version),
  };
}

it('PCK-7: a running center takes up a dictionary by news, and every hour in case they were lost', async () => {
  const { shelf, bus, publish, versions, passHour, reads } = await openShelf();
  publish(2);
  bus.publish({ kind: 'page' });
  await turn();
  expect(versions()).toEqual([1]);
  bus.publish({ kind: 'dictionaries' });
  await turn();
  expect(versions()).toEqual([2, 1]);
  publish(3);
  passHour();
  await turn();
  expect(versions()).toEqual([3, 2, 1]);
  await shelf.close();
  passHour();
  bus.publish({ kind: 'dictionaries' });
  await turn();
  expect(reads()).toBe(3);
});

it('PCK-7: what cannot be read leaves what is held, and is read at the next news', async () => {
  const { bus, publish, versions, breakDatabase, logged } = await openShelf();
  publish(2);
  breakDatabase(true);
  bus.publish({ kind: 'dictionaries' });
  await turn();
  expect(versions()).toEqual([1]);
  expect(logged).toHaveLength(1);
  breakDatabase(false);
  bus.publish({ kind: 'dictionaries' });
  await turn();
  expect(versions()).toEqual([2, 1]);
});
