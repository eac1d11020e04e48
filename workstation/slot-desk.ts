import { type CredentialSlots, openCredentialSlots } from '#access/credential-slots.ts';
import type { Secret } from '#access/secret.ts';
import { appError } from '#contracts/errors.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import { layoutOf, recoverRotation } from './folder-layout.ts';
import { renewWhenDue } from './key-renewal.ts';
import { keepNewestList } from './list-freshness.ts';
import type { CenterOrders, WorkstationParts } from './parts.ts';
import { refreshSlotList } from './people.ts';
import { openRecords } from './records-opening.ts';
import type { OpenedRecords } from './session.ts';

/** The slots of this workstation as far as they were read, and the records opened by what they gave. */
export class SlotDesk {
  readonly #parts: WorkstationParts;
  readonly #told: () => void;
  #slots: CredentialSlots | null = null;
  #renewal: number | null = null;
  #isHeld = false;

  /** `told`: the list or the renewal is another than before. */
  constructor(parts: WorkstationParts, told: () => void) {
    this.#parts = parts;
    this.#told = told;
  }

  get slots(): CredentialSlots | null {
    return this.#slots;
  }

  /** How far the replacing of the data key is, 0 to 1; null when none is under way. */
  get renewal(): number | null {
    return this.#renewal;
  }

  /** Reads the slot file unless it was read, finishing a rotation first. Fails with `store.damaged` or `store.newer`. */
  async load(): Promise<Result<CredentialSlots>> {
    if (this.#slots !== null) return ok(this.#slots);
    await recoverRotation(this.#parts.folder);
    const { clock, random, derivePassphraseKey, log } = this.#parts;
    const folder = layoutOf(this.#parts.folder).current;
    const opened = await openCredentialSlots({ folder, clock, random, derivePassphraseKey });
    if (!opened.ok) return opened;
    if (opened.value === null) return fail(appError('store.damaged', { part: 'slots' }));
    if (opened.value.isFromBackup) log.note('slot file damaged, the version before is used');
    this.#slots = opened.value;
    return ok(opened.value);
  }

  forget(): void {
    this.#slots = null;
  }

  /**
   * Opens the records, under a new data key when one is due: nothing has them open now. Takes the key over. Fails with the
   * codes of {@link load} and of `openRecords`.
   */
  async openRecords(
    dataKey: Secret,
    isForced: boolean,
    orders: CenterOrders,
  ): Promise<Result<OpenedRecords>> {
    const slots = await this.load();
    if (!slots.ok) {
      dataKey.wipe();
      return slots;
    }
    const present = await this.#renewed(slots.value, dataKey, isForced);
    return openRecords(this.#parts, slots.value, present, orders);
  }

  /**
   * Runs what closes the records for a new key and opens them again: a renewal is shown from before the first of it to after the
   * last, so that nobody takes the screen for one that locked.
   */
  async whileRenewing<Value>(run: () => Promise<Value>): Promise<Value> {
    this.#isHeld = true;
    this.#show(0);
    try {
      return await run();
    } finally {
      this.#isHeld = false;
      this.#show(null);
    }
  }

  /** Brings the list up to what the records say, and the records up to how far the list has come (ACC-29). */
  async refresh({ dataKey, replica, identity }: OpenedRecords): Promise<void> {
    if (this.#slots === null) return;
    await refreshSlotList(this.#slots, dataKey, replica, identity.scope);
    // A full disk locks nobody out; the next time says it as well.
    await keepNewestList(replica, this.#slots).catch((error) => this.#parts.log.incident(error));
    this.#told();
  }

  async #renewed(slots: CredentialSlots, dataKey: Secret, isForced: boolean): Promise<Secret> {
    const onProgress = (done: number) => this.#show(done);
    try {
      return await renewWhenDue(this.#parts, slots, dataKey, { isForced, onProgress });
    } catch (error) {
      // What counts is on the disk: it is read again, and the rotation finished or undone, at the next unlock.
      this.forget();
      throw error;
    } finally {
      this.#show(null);
    }
  }

  #show(done: number | null): void {
    if (done === null && this.#isHeld) return;
    if (this.#renewal === done) return;
    this.#renewal = done;
    this.#told();
  }
}
