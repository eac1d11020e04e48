import type { AppError } from '#contracts/errors.ts';
import type { PersonId } from '#contracts/ids.ts';
import { ok, type Result } from '#contracts/result.ts';
import type { Admission } from './coming-in.ts';
import { keepDraftKey } from './draft-keys.ts';
import { type CenterOrders, usualUrgentSendingMs, type WorkstationParts } from './parts.ts';
import { type RecordListener, watchRecords } from './record-watches.ts';
import { closeRecords, firstSession } from './records-opening.ts';
import type { OpenedRecords, Session } from './session.ts';
import type { SlotDesk } from './slot-desk.ts';
import type { Turns } from './turns.ts';
import { sendUrgent } from './urgent-sending.ts';

/** Who hears of opened records, and why they do not open. */
export interface DeskListener extends Omit<RecordListener, 'hearPeople'> {
  /** The record of a member of staff changed. */
  hearStaff(): void;
  hearTrouble(error: AppError): void;
}

/** The records while they are open, and what goes on only then. */
export class RecordsDesk {
  readonly #parts: WorkstationParts;
  readonly #turns: Turns;
  readonly #slots: SlotDesk;
  readonly #listener: DeskListener;
  #opened: OpenedRecords | null = null;
  /** What ends with the opened records: subscriptions and watches. */
  #endings: (() => void)[] = [];

  constructor(parts: WorkstationParts, slots: SlotDesk, turns: Turns, listener: DeskListener) {
    this.#parts = parts;
    this.#slots = slots;
    this.#turns = turns;
    this.#listener = listener;
  }

  get opened(): OpenedRecords | null {
    return this.#opened;
  }

  /**
   * Opens them for somebody's session, under a new data key when one is due. The keys are wiped on failure. Fails with the codes of
   * `SlotDesk.openRecords` and of `sessionFor`.
   */
  async open(
    { whom, released }: Admission,
    isForced: boolean,
    orders: CenterOrders,
  ): Promise<Result<{ readonly records: OpenedRecords; readonly session: Session }>> {
    let isBegun = false;
    try {
      const opened = await this.#slots.openRecords(released.dataKey, isForced, orders);
      if (!opened.ok) this.#listener.hearTrouble(opened.error);
      if (!opened.ok) return opened;
      const session = await firstSession(this.#parts, opened.value, whom, released.personKeys);
      isBegun = session.ok;
      return session.ok ? ok({ records: opened.value, session: session.value }) : session;
    } finally {
      if (!isBegun) released.personKeys?.wipe();
    }
  }

  /** Takes over records that were just opened. */
  keep(records: OpenedRecords): void {
    this.#opened = records;
    this.#endings = watchRecords(records, this.#parts, {
      ...this.#listener,
      hearPeople: (isStaff) => {
        if (isStaff) this.#listener.hearStaff();
        this.refreshSlots().catch((error) => this.#parts.log.incident(error));
      },
    });
  }

  /**
   * Closes them, if any are open, and drops their key. With `sendsUrgent` only when nothing urgent can be sent any more, behind a
   * locked screen (ACC-22): nobody is served meanwhile, and an unlock or a reason to hurry ends the wait.
   */
  async close(sendsUrgent: boolean): Promise<void> {
    const records = this.#opened;
    if (records === null) return;
    if (sendsUrgent) await this.#sendUrgent(records);
    for (const end of this.#endings.splice(0)) end();
    this.#opened = null;
    await closeRecords(this.#parts, records);
  }

  /** Keeps a person's draft key over rotations (ACC-14). A full disk locks nobody out. */
  async keepDraftKey(person: PersonId): Promise<void> {
    if (this.#opened === null) return;
    await keepDraftKey(this.#opened, person).catch((error) => this.#parts.log.incident(error));
  }

  /** Brings the list of who may open up to what the records say. */
  async refreshSlots(): Promise<void> {
    if (this.#opened !== null) await this.#slots.refresh(this.#opened);
  }

  async #sendUrgent(records: OpenedRecords): Promise<void> {
    const { timers, urgentSendingMs = usualUrgentSendingMs } = this.#parts;
    const sending = sendUrgent(records, timers, urgentSendingMs);
    this.#turns.waitingEndsBy(sending.giveUp);
    await sending.ended;
    // What it holds are closed records, with the last rows that were read of them.
    this.#turns.waitingEndsBy(() => undefined);
  }
}
