import { appError } from '#contracts/errors.ts';
import type { PersonId } from '#contracts/ids.ts';
import { fail, type Result } from '#contracts/result.ts';
import { withCurrentShares } from './break-glass.ts';
import type { SlotsEnvironment } from './credential-slots.ts';
import type { PersonKeys } from './person-keys.ts';
import type { Secret } from './secret.ts';
import { fromBase64 } from './slot-field.ts';
import { type ReadSlotFile, writeSlotFile } from './slot-file.ts';
import type { SlotFile, SlotList } from './slot-file-format.ts';
import { type AnySlotFile, isAuthentic, listOf, sealed } from './slot-list.ts';

export const wrongList = () => appError('store.wrong-key', { part: 'slot-list' });
export const secondWayNeeded = () => appError('access.second-way-needed');
export const forbidden = (rule: string) => appError('access.forbidden', { rule });

/** The slot list that is held in memory and on the disk; everything about slots happens on it one at a time. */
export class HeldSlots {
  readonly environment: SlotsEnvironment;
  readonly isFromBackup: boolean;
  #file: AnySlotFile;
  #list: SlotList;
  /** A burst of attempts must not share one look at the counter, nor two changes one list. */
  #tail: Promise<unknown> = Promise.resolve();

  constructor(environment: SlotsEnvironment, { file, fromBackup }: ReadSlotFile) {
    this.environment = environment;
    this.isFromBackup = fromBackup;
    this.#file = file;
    this.#list = listOf(file);
  }

  get list(): SlotList {
    return this.#list;
  }

  inTurn<Value>(run: () => Promise<Value>): Promise<Value> {
    const turn = this.#tail.then(run, run);
    this.#tail = turn.catch(() => undefined);
    return turn;
  }

  /** Whether nobody without the data key changed the list. */
  isAuthentic(dataKey: Secret): boolean {
    return isAuthentic(dataKey, this.#file);
  }

  /** Raw Ed25519 public key; null when the person is unknown or has none yet. */
  signingKeyOf(person: PersonId): Uint8Array | null {
    const key = this.#list.people.find(({ id }) => id === person)?.signingKey ?? null;
    return key === null ? null : fromBase64(key);
  }

  /** Whether the keys are those whose public part the list has; without keys there is nothing to compare. */
  isOwn(person: PersonId, keys: PersonKeys | null): boolean {
    const listed = this.signingKeyOf(person);
    return keys === null || (listed !== null && Buffer.compare(listed, keys.publicKey) === 0);
  }

  /** Replaces the list durably, as its next revision. */
  async write(dataKey: Secret, changed: SlotList): Promise<Result<true>> {
    if (!this.isAuthentic(dataKey)) return fail(wrongList());
    const numbered = { ...changed, revision: this.#list.revision + 1 };
    const candidate = sealed(dataKey, withCurrentShares(numbered, dataKey, this.environment.random));
    const written = await writeSlotFile(this.environment.folder, candidate);
    if (written.ok) this.take(candidate);
    return written;
  }

  /** A list that is on the disk already. */
  take(file: SlotFile): void {
    this.#file = file;
    this.#list = listOf(file);
  }

  /** Milliseconds since 1970, whole. */
  now(): number {
    return Math.max(0, Math.floor(this.environment.clock.now()));
  }
}
