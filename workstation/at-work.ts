import type { PersonKeys } from '#access/person-keys.ts';
import type { CredentialDevice } from '#access/ports.ts';
import { type AppError, appError } from '#contracts/errors.ts';
import type { Change } from './change.ts';
import type { DoorDesk } from './door-desk.ts';
import { createIdleLock, type IdleLock } from './idle-lock.ts';
import type { InFlight } from './in-flight.ts';
import { KeyInUse } from './key-in-use.ts';
import { OfflineAllowance } from './offline-allowance.ts';
import type { WorkstationParts } from './parts.ts';
import { sessionAsOfNow } from './records-opening.ts';
import type { ReleasedKey } from './releasing.ts';
import type { OpenedRecords, Session } from './session.ts';
import { createSessionKeys, type SessionKeys } from './session-keys.ts';
import type { TrailDesk } from './trail-desk.ts';

/** What of the workstation a session needs. */
export interface SessionSurroundings {
  readonly parts: WorkstationParts;
  readonly door: DoorDesk;
  readonly trail: TrailDesk;
  readonly inFlight: InFlight;
  readonly tell: (change: Change) => void;
  /** Nobody is at the screen, the key that she came in with was pulled out, or she may not be here any more. */
  readonly lock: (failure: AppError | null) => void;
}

/** Who is at work, and what ends with that: her keys, the key and card that have to stay, the idle wait, what she is allowed. */
export class AtWork {
  readonly #surroundings: SessionSurroundings;
  readonly #keys: SessionKeys;
  readonly #keyInUse: KeyInUse;
  readonly #idle: IdleLock;
  readonly #allowance = new OfflineAllowance();
  #session: Session | null = null;
  #pause: 'none' | 'running' | 'over' = 'none';

  constructor(surroundings: SessionSurroundings) {
    const { parts, inFlight, lock } = surroundings;
    this.#surroundings = surroundings;
    this.#keys = createSessionKeys(inFlight, parts.timers);
    this.#keyInUse = new KeyInUse(() => this.#lockForKey());
    this.#idle = createIdleLock(parts, parts.idleLockMs, () => lock(null));
  }

  get session(): Session | null {
    return this.#session;
  }

  /** Her keys, its owner's to wipe; null where nobody signs. */
  get keys(): Pick<SessionKeys, 'copy' | 'wipe'> {
    return this.#keys;
  }

  get keyInUse(): KeyInUse['device'] {
    return this.#keyInUse.device;
  }

  /** Whether no record may be shown because the center was not met for too long (WIP-2). */
  get mustConnect(): boolean {
    return this.#allowance.mustConnect;
  }

  /** A lock was asked for while the session was interrupted: it does not come back. */
  get isPauseOver(): boolean {
    return this.#pause === 'over';
  }

  /** From here on requests are served for this session; that of somebody else before it is over. Takes the keys over. */
  begin(
    session: Session,
    { personKeys, device }: { readonly personKeys: PersonKeys | null } & Pick<ReleasedKey, 'device'>,
    records: OpenedRecords | null,
  ): void {
    const { tell, trail, door } = this.#surroundings;
    if (this.#session !== null) tell({ kind: 'session-ended' });
    this.#session = session;
    this.#keys.hold(personKeys);
    if (session.glass === null) trail.endException();
    if (this.#pause === 'none') door.begin(session.person);
    this.#keyInUse.hold(device);
    this.#allowance.begin(records);
    this.#idle.stop();
    this.#idle.touch();
  }

  /** At once, so that no request is served after a lock was asked for. Gives whose session it was. */
  end(): Session | null {
    const ending = this.#session;
    this.#session = null;
    this.#surroundings.trail.endException();
    this.#allowance.end();
    this.#idle.stop();
    if (ending !== null && this.#pause === 'none') this.#forgetPerson();
    if (ending !== null && this.#pause !== 'none') this.#surroundings.door.pause();
    return ending;
  }

  /**
   * Runs what interrupts the session and begins it again: the key and the card of who is at work have to stay all the while.
   */
  async interrupt<Value>(run: () => Promise<Value>): Promise<Value> {
    this.#pause = 'running';
    try {
      return await run();
    } finally {
      this.#pause = 'none';
      if (this.#session === null) this.#forgetPerson();
    }
  }

  /** Whether there was a pause to end. */
  endPause(): boolean {
    if (this.#pause === 'none') return false;
    this.#pause = 'over';
    return true;
  }

  /** Somebody is at the screen: puts the idle lock off. */
  touch(): void {
    if (this.#session !== null) this.#idle.touch();
  }

  /** Lets this session work beyond the offline limit until the lock. */
  except(records: OpenedRecords | null): void {
    this.#allowance.except();
    this.lookAtLimit(records);
  }

  /** Views that were opened before the limit passed end; they are opened again, allowed or refused. */
  lookAtLimit(records: OpenedRecords | null): void {
    if (this.#session !== null && this.#allowance.look(records)) this.#beginAnew({ ...this.#session });
  }

  /** The center may have changed the roles of who is at work, or ended the work. */
  lookAtStaff(records: OpenedRecords | null): void {
    if (this.#session === null || records === null) return;
    const now = sessionAsOfNow(this.#surroundings.parts, records, this.#session);
    if (!now.ok) this.#surroundings.lock(now.error);
    else if (now.value !== this.#session) this.#beginAnew(now.value);
  }

  /** Runs what begins a session by this key. Opening records may take a while: pulled out meanwhile, it locks as well. */
  async whileKeyStays<Value>(device: CredentialDevice | null, run: () => Promise<Value>): Promise<Value> {
    let isRemoved = false;
    const endWatch = device?.onRemoved(() => {
      isRemoved = true;
    });
    try {
      return await run();
    } finally {
      endWatch?.();
      if (isRemoved) this.#lockForKey();
    }
  }

  #lockForKey(): void {
    this.#surroundings.lock(appError('access.device-removed'));
  }

  #beginAnew(session: Session): void {
    this.#surroundings.tell({ kind: 'session-ended' });
    this.#session = session;
    this.#surroundings.tell({ kind: 'state' });
  }

  /** The card and the key of who was at work may be taken. */
  #forgetPerson(): void {
    this.#surroundings.door.end();
    this.#keyInUse.hold(null);
  }
}
