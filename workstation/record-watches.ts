import type { CommitNotice } from '#clinic/ports/replica.ts';
import { watchDay } from './day-watch.ts';
import type { WorkstationParts } from './parts.ts';
import { keepReviews } from './review-keeper.ts';
import type { OpenedRecords, Session } from './session.ts';
import { keepHeadFile } from './trail-keeping.ts';

/** Who hears of opened records, and what keeping them needs. */
export interface RecordListener {
  session(): Session | null;
  whileOpen<Value>(work: () => Promise<Value>): Promise<Value>;
  hearCommit(notice: CommitNotice): void;
  /** Records changed that say who works here, or what this facility is. */
  hearPeople(isStaff: boolean): void;
  hearExchange(): void;
  hearDay(): void;
}

/** Begins what goes on while the records are open. Returns what ends it. */
export function watchRecords(
  { replica, exchange }: OpenedRecords,
  parts: WorkstationParts,
  listener: RecordListener,
): (() => void)[] {
  return [
    replica.onCommit((notice) => {
      listener.hearCommit(notice);
      const changed = new Set(notice.records.map(({ collection }) => collection));
      if (changed.has('staff') || changed.has('reference')) listener.hearPeople(changed.has('staff'));
    }),
    exchange.onChange(() => listener.hearExchange()),
    keepHeadFile(replica, exchange, parts),
    watchDay(parts.clock, parts.timers, () => listener.hearDay()),
    keepReviews({
      replica,
      timers: parts.timers,
      session: () => listener.session(),
      isFirstCopy: () => exchange.state().isFirstCopy,
      whileOpen: (work) => listener.whileOpen(work),
      onTrouble: (trouble) => void parts.log.incident(trouble),
    }),
  ];
}
