import type { Timers } from '#clinic/ports/clock.ts';
import type { FeaturePoll, HidReaderModel, ReaderNews, ReaderSource } from '../drivers/reader-model.ts';
import type { CardReader, CardReading, CardTrouble, CodeReading, CodeScanner } from '../ports.ts';
import type { OpenHid } from './hid-host.ts';
import type { ShelvedDevice } from './shelved-device.ts';
import { createTold } from './told.ts';

export interface ReaderSessionOptions {
  readonly timers: Timers;
  /** Milliseconds of a clock that does not go back. */
  readonly now: () => number;
}

/** Puts an open reader to use. Rejects when it is unplugged or does not answer. */
export async function openReader(
  id: string,
  model: HidReaderModel,
  pipe: OpenHid,
  options: ReaderSessionOptions,
): Promise<ShelvedDevice> {
  const cards = createTold<CardReading>();
  const codes = createTold<CodeReading>();
  const taken = createTold();
  const troubles = createTold<CardTrouble>();
  const tell = (news: ReaderNews): void => {
    if (news.kind === 'card') cards.tell(news.reading);
    else if (news.kind === 'code') codes.tell(news.reading);
    else if (news.kind === 'taken') taken.tell();
    else troubles.tell(news.trouble);
  };
  const close = await listen(model.source, pipe, tell, options);
  if (model.kind === 'scanner') {
    const scanner: CodeScanner = { id, onCode: codes.on, onRemoved: pipe.onClosed };
    return { kind: 'scanner', device: scanner, close };
  }
  const reader: CardReader = {
    id,
    onCard: cards.on,
    onCardTaken: taken.on,
    onTrouble: troubles.on,
    onRemoved: pipe.onClosed,
  };
  return { kind: 'card-reader', device: reader, close };
}

async function listen(
  source: ReaderSource,
  pipe: OpenHid,
  tell: (news: ReaderNews) => void,
  options: ReaderSessionOptions,
): Promise<() => Promise<void>> {
  if (source.way === 'features')
    return askAgainAndAgain(source.createPoll(), source.everyMs, pipe, tell, options);
  const decode = source.createDecoder();
  const stop = pipe.onReport((report) => {
    const news = decode(report, options.now());
    if (news !== undefined) tell(news);
  });
  return async () => stop();
}

async function askAgainAndAgain(
  poll: FeaturePoll,
  everyMs: number,
  pipe: OpenHid,
  tell: (news: ReaderNews) => void,
  { timers }: ReaderSessionOptions,
): Promise<() => Promise<void>> {
  let isOver = false;
  let asking: Promise<void> = Promise.resolve();
  let cancel = (): void => undefined;
  const ask = async (): Promise<void> => {
    try {
      const news = await poll.next(pipe);
      if (isOver) return;
      if (news !== undefined) tell(news);
      cancel = timers.after(everyMs, run);
    } catch {
      // The reader is gone: its pipe says so to everybody.
      await pipe.close();
    }
  };
  const run = (): void => {
    asking = ask();
  };
  pipe.onClosed(() => {
    isOver = true;
    cancel();
  });
  await poll.begin(pipe);
  run();
  return async () => {
    if (isOver) return;
    isOver = true;
    cancel();
    await asking;
    // It may have been unplugged meanwhile, and then there is nothing to leave behind.
    await poll.end(pipe).catch(() => undefined);
  };
}
