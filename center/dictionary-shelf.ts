import { describeFailure } from './describe-failure.ts';
import type { NewsBus } from './feed/bus.ts';
import type { Dictionary } from './gateway/packings.ts';
import type { Effects } from './ports.ts';

/** The packing dictionaries of a running center, as they are published (docs/specs/packing.md PCK-7). */
export interface DictionaryShelf {
  /** Newest first; those of the last look. */
  current(): readonly Dictionary[];
  /** Resolves when nothing is read any more. */
  close(): Promise<void>;
}

/** News of a new dictionary may be lost. Looking reads reference records of all facilities, so not more often. */
const lookEveryMs = 60 * 60_000;

/** Reads the dictionaries now, after news of a new one, and every hour. Fails if they cannot be read now. */
export async function openDictionaryShelf(
  read: () => Promise<readonly Dictionary[]>,
  bus: Pick<NewsBus, 'listen'>,
  { timers, log }: Pick<Effects, 'timers' | 'log'>,
): Promise<DictionaryShelf> {
  let held = await read();
  let reading: Promise<void> | undefined;
  let isAskedAgain = false;
  let isClosed = false;
  let cancel: () => void = () => undefined;
  const readAll = async () => {
    while (isAskedAgain && !isClosed) {
      isAskedAgain = false;
      held = await read();
    }
  };
  const look = () => {
    isAskedAgain = true;
    reading ??= readAll()
      .catch((error: unknown) => log(`The dictionaries could not be read: ${describeFailure(error)}`))
      .finally(() => {
        reading = undefined;
      });
  };
  const lookLater = () => {
    cancel = timers.after(lookEveryMs, () => {
      look();
      lookLater();
    });
  };
  lookLater();
  const stop = bus.listen((news) => {
    if (news.kind === 'dictionaries') look();
  });
  return {
    current: () => held,
    close: async () => {
      isClosed = true;
      stop();
      cancel();
      await reading;
    },
  };
}
