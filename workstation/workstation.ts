import { timingSafeEqual } from 'node:crypto';
import type { CredentialSlots } from '#access/credential-slots.ts';
import { Secret } from '#access/secret.ts';
import type { CommitNotice } from '#clinic/ports/replica.ts';
import type { RequestInput } from '#contracts/bridge/requests.ts';
import type { WorkstationState } from '#contracts/bridge/views.ts';
import { type AppError, appError } from '#contracts/errors.ts';
import type { PersonId } from '#contracts/ids.ts';
import type { CollectionName } from '#contracts/records/registry.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import { type Announcer, type Change, createAnnouncer } from './change.ts';
import { watchDay } from './day-watch.ts';
import { draftKeyOf, keepDraftKey } from './draft-keys.ts';
import { enrolWorkstation } from './enrolment.ts';
import { destroySlots, finishWipe, recoverEnrolment, wasWiped } from './folder-layout.ts';
import { createIdleLock, type IdleLock } from './idle-lock.ts';
import { createInFlight, type InFlight } from './in-flight.ts';
import { type Exchange, usualUrgentSendingMs, type WorkstationParts } from './parts.ts';
import { closeRecords, firstSession, sessionFor } from './records-opening.ts';
import { type ReleasedKey, releaseDataKey } from './releasing.ts';
import { keepReviews } from './review-keeper.ts';
import type { OpenedRecords, Session } from './session.ts';
import { createSessionKeys, type SessionKeys } from './session-keys.ts';
import { SlotDesk } from './slot-desk.ts';
import { addStaff } from './staff-enrolment.ts';
import { createTrailDesk, type TrailDesk } from './trail-desk.ts';
import { keepHeadFile } from './trail-keeping.ts';
import { sendUrgent } from './urgent-sending.ts';
import { workstationState } from './workstation-state.ts';

type Signed = Result<{ readonly person: PersonId }>;

/** How long a lock waits for requests that are under way. */
const longestRequestMs = 10_000;
/** How long the center can be told that the records are gone before the exchange ends. */
const wipeToldMs = 1000;

/**
 * The process that joins records, exchange, people and medicine: unenrolled -> locked <-> unlocked, or failed. Screens reach
 * it through a link server only. Changes of phase happen one at a time, in the order they were asked for.
 */
export class Workstation {
  readonly parts: WorkstationParts;
  /** Lines of the audit trail that belong to no action. */
  readonly trail: TrailDesk;
  readonly #announcer: Announcer<Change>;
  readonly #inFlight: InFlight = createInFlight();
  readonly #idle: IdleLock;
  #turn: Promise<unknown> = Promise.resolve();
  #isEnrolled = false;
  #isClosed = false;
  readonly #desk: SlotDesk;
  #records: OpenedRecords | null = null;
  #session: Session | null = null;
  readonly #keys: SessionKeys;
  #failure: AppError | null = null;
  #isFailed = false;
  /** The center's order to erase was begun: the records go as soon as they are closed. */
  #isWiping = false;
  /** Somebody had a reason to work beyond the offline limit; until the lock. */
  #isEmergency = false;
  #mustConnect = false;
  /** Ends the wait of a lock for urgent records. */
  #stopSending: () => void = () => undefined;
  /** Turns that were asked for and may not wait for it. */
  #hurried = 0;
  /** What ends with the opened records: subscriptions and watches. */
  #endings: (() => void)[] = [];

  private constructor(parts: WorkstationParts) {
    this.parts = parts;
    this.trail = createTrailDesk(parts, () => this.#records);
    this.#announcer = createAnnouncer((error) => parts.log.incident(error));
    this.#keys = createSessionKeys(this.#inFlight, parts.timers);
    this.#desk = new SlotDesk(parts, () => this.#announcer.tell({ kind: 'state' }));
    this.#idle = createIdleLock(parts, parts.idleLockMs, () => this.#lockByItself(null));
  }

  /**
   * Looks what is in the data folder, finishing or discarding an enrolment that a power cut interrupted. Comes up locked,
   * unenrolled, or failed (damaged or newer slot file).
   */
  static async create(parts: WorkstationParts): Promise<Workstation> {
    const workstation = new Workstation(parts);
    workstation.#isEnrolled = await recoverEnrolment(parts.folder);
    if (workstation.#isEnrolled) await workstation.#loadSlots();
    else if (await wasWiped(parts.folder)) workstation.#failure = appError('sync.device-wiped');
    return workstation;
  }

  state(): WorkstationState {
    return workstationState({
      parts: this.parts,
      isEnrolled: this.#isEnrolled,
      slots: this.#desk.slots,
      session: this.#session,
      records: this.#records,
      failure: this.#failure,
      isFailed: this.#isFailed,
      mustConnect: this.#mustConnect,
    });
  }

  /** Who is at work; null while locked. */
  session(): Session | null {
    return this.#session;
  }

  /** The running exchange with the center; null while locked. */
  exchange(): Exchange | null {
    return this.#session === null ? null : (this.#records?.exchange ?? null);
  }

  /** Whether no record may be shown because the center was not met for too long (WIP-2). */
  mustConnect(): boolean {
    return this.#mustConnect;
  }

  /** Lets this session work beyond the offline limit, for the reason given, until the lock. */
  async allowEmergency(session: Session, reason: string): Promise<void> {
    await this.trail.except(session, 'session.emergency', reason);
    this.#isEmergency = true;
    this.#lookAtLimit();
  }

  /** Returns a function that ends it. */
  onChange(told: (change: Change) => void): () => void {
    return this.#announcer.onNews(told);
  }

  /** Runs work that the lock has to wait for. */
  whileOpen<Value>(work: () => Promise<Value>): Promise<Value> {
    return this.#inFlight.run(work);
  }

  /** Fails with the codes of `workstation.enrol`. The first person is signed in afterwards. */
  enrol(input: RequestInput<'workstation.enrol'>): Promise<Signed> {
    return this.#inTurn(async () => {
      if (this.#isClosed || this.#isWiping) return fail(appError('bridge.busy'));
      if (this.#isEnrolled) return fail(appError('enrolment.already-enrolled'));
      const enrolled = await enrolWorkstation(this.parts, input);
      if (!enrolled.ok) return enrolled;
      this.#isEnrolled = true;
      const loaded = await this.#loadSlots();
      if (!loaded.ok) return loaded;
      const { person, ...keys } = enrolled.value;
      return this.#open(person, { ...keys, device: null });
    });
  }

  /** Fails with the codes of `session.unlock`. While unlocked it switches to the other person. */
  unlock(input: RequestInput<'session.unlock'>): Promise<Signed> {
    return this.#inHurry(async () => {
      if (this.#isClosed || this.#isWiping) return fail(appError('bridge.busy'));
      const slots = await this.#loadSlots();
      if (!slots.ok) return slots;
      const released = await releaseDataKey(slots.value, this.parts, input);
      if (!released.ok) {
        await this.trail.refused(input.person, released.error);
        return released;
      }
      return this.#records === null
        ? this.#open(input.person, released.value)
        : this.#switchTo(this.#records, input.person, released.value);
    });
  }

  /**
   * Replaces the data key now, if a way in was taken away (ACC-24): ends the session, closes the records, makes them anew and
   * opens them again for the same person. Fails like an unlock.
   */
  renewKey(): Promise<Signed> {
    return this.#inHurry(async () => {
      const [session, records] = [this.#session, this.#records];
      if (session === null || records === null) return fail(appError('access.locked'));
      const dataKey = new Secret(Uint8Array.from(records.dataKey.reveal()));
      const personKeys = this.#keys.copy();
      await this.#closeRecords(this.#endSession(null));
      return this.#open(session.person, { dataKey, personKeys, device: null }, true);
    });
  }

  /** How far the replacing of the data key is, 0 to 1; null when none is under way. */
  renewal(): number | null {
    return this.#desk.renewal;
  }

  /** Adds a member of staff who can unlock here. Fails with the codes of `staff.enrol`. */
  async enrolStaff(session: Session, input: RequestInput<'staff.enrol'>): Promise<Signed> {
    const [slots, dataKey] = [this.#desk.slots, this.#records?.dataKey];
    if (slots === null || dataKey === undefined) return fail(appError('access.locked'));
    const added = await addStaff(this.parts, session, slots, dataKey, input);
    this.#announcer.tell({ kind: 'state' });
    return added;
  }

  /**
   * Ends the session at once, then closes the records and drops the key: after urgent records were sent, if nothing is wrong and
   * the center is in contact (ACC-22). Resolves when the files are closed.
   */
  lock(failure: AppError | null = null): Promise<void> {
    const ended = this.#endSession(failure);
    // By the time of its turn an unlock that was asked for earlier may have begun another session: that one ends too.
    const close = () => this.#closeRecords(this.#endSession(failure) ?? ended);
    return failure === null && !this.#isClosed ? this.#inTurn(close) : this.#inHurry(close);
  }

  /** Somebody is at the screen: puts the idle lock off. */
  touch(): void {
    if (this.#session !== null) this.#idle.touch();
  }

  /** 32 bytes for one person's draft box: the same for the same person, unrelated to anybody else's. Throws while locked. */
  draftKey(session: Session): Uint8Array {
    if (this.#records === null) throw new Error('no draft key while locked');
    return draftKeyOf(this.#records, session.person);
  }

  /** Locks, and lets no phase change follow. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.lock();
  }

  /** The disk failed under an open session: nothing more is written, what is there is kept. */
  reportDamage(failure: AppError): void {
    if (this.#session === null) return;
    this.#isFailed = true;
    this.#lockByItself(failure);
  }

  #inTurn<Value>(run: () => Promise<Value>): Promise<Value> {
    const turn = this.#turn.then(run);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** A turn that no lock before it keeps waiting for the center. */
  #inHurry<Value>(run: () => Promise<Value>): Promise<Value> {
    this.#hurried += 1;
    this.#stopSending();
    return this.#inTurn(run).finally(() => {
      this.#hurried -= 1;
    });
  }

  /** Reads the slot file unless it was read: a failed workstation may have been repaired meanwhile. */
  async #loadSlots(): Promise<Result<CredentialSlots>> {
    if (!this.#isEnrolled) return fail(appError('access.unknown-person'));
    const isKnown = this.#desk.slots !== null;
    const loaded = await this.#desk.load();
    if (!loaded.ok) this.#failWith(loaded.error);
    else if (!isKnown) {
      this.#isFailed = false;
      this.#failure = null;
    }
    return loaded;
  }

  async #open(person: PersonId, released: ReleasedKey, isForced = false): Promise<Signed> {
    const orders = { wipe: () => this.#wipe() };
    const opened = await this.#desk.openRecords(released.dataKey, isForced, orders);
    if (!opened.ok) this.#failWith(opened.error);
    const session = opened.ok
      ? await firstSession(this.parts, opened.value, person, released.personKeys)
      : opened;
    if (!opened.ok || !session.ok) {
      released.personKeys?.wipe();
      return opened.ok ? session : opened;
    }
    const records = opened.value;
    this.#records = records;
    this.#endings = [
      records.replica.onCommit((notice) => this.#hearCommit(notice)),
      records.exchange.onChange(() => this.#hearExchange()),
      keepHeadFile(records.replica, records.exchange, this.parts),
      watchDay(this.parts.clock, this.parts.timers, () => this.#announcer.tell({ kind: 'day' })),
      keepReviews({
        replica: records.replica,
        timers: this.parts.timers,
        session: () => this.#session,
        isFirstCopy: () => records.exchange.state().isFirstCopy,
        whileOpen: (work) => this.whileOpen(work),
        onTrouble: (trouble) => void this.parts.log.incident(trouble),
      }),
    ];
    await this.#begin(session.value, released, 'session.unlock');
    return ok({ person });
  }

  async #switchTo(records: OpenedRecords, person: PersonId, released: ReleasedKey): Promise<Signed> {
    using dataKey = released.dataKey;
    if (!timingSafeEqual(dataKey.reveal(), records.dataKey.reveal())) {
      released.personKeys?.wipe();
      return fail(appError('store.wrong-key', { part: 'switch' }));
    }
    const session = sessionFor(this.parts, records, person, released.personKeys);
    if (!session.ok) {
      released.personKeys?.wipe();
      return session;
    }
    await this.#begin(session.value, released, 'session.switch');
    return ok({ person });
  }

  /** From here on requests are served for this session. */
  async #begin(session: Session, { personKeys, device }: ReleasedKey, action: string): Promise<void> {
    if (this.#session !== null) this.#announcer.tell({ kind: 'session-ended' });
    this.#session = session;
    this.#keys.hold(personKeys);
    this.#isFailed = false;
    this.#failure = null;
    this.#isEmergency = false;
    this.trail.endException();
    this.#mustConnect = this.#isBeyondLimit();
    this.#idle.stop();
    this.#idle.touch();
    if (device !== null) {
      this.#endings.push(device.onRemoved(() => this.#lockByItself(appError('access.device-removed'))));
    }
    this.#announcer.tell({ kind: 'state' });
    await this.trail.say(session, action);
    await this.trail.catchUp(session);
    await this.#keepDraftKey(session.person);
    await this.#refreshSlots();
  }

  /** A full disk locks nobody out. */
  async #keepDraftKey(person: PersonId): Promise<void> {
    if (this.#records === null) return;
    await keepDraftKey(this.#records, person).catch((error) => this.parts.log.incident(error));
  }

  /** At once, so that no request is served after a lock was asked for. */
  #endSession(failure: AppError | null): Session | null {
    const ending = this.#session;
    this.#session = null;
    this.#isEmergency = false;
    this.trail.endException();
    this.#mustConnect = false;
    this.#idle.stop();
    if (ending === null) return null;
    this.#failure = failure;
    this.#announcer.tell({ kind: 'session-ended' });
    this.#announcer.tell({ kind: 'state' });
    return ending;
  }

  async #closeRecords(ended: Session | null): Promise<void> {
    const records = this.#records;
    if (records === null) return;
    await this.#inFlight.settled(this.parts.timers, longestRequestMs);
    this.#keys.wipe();
    if (ended !== null) await this.trail.say(ended, 'session.lock');
    if (this.#hurried === 0 && !this.#isWiping) await this.#sendUrgent(records);
    for (const end of this.#endings.splice(0)) end();
    this.#records = null;
    await closeRecords(this.parts, records);
    if (this.#isWiping) await this.#finishWipe();
  }

  /** Behind the locked screen: nobody is served, and an unlock or a reason to hurry ends it. */
  async #sendUrgent(records: OpenedRecords): Promise<void> {
    const { timers, urgentSendingMs = usualUrgentSendingMs } = this.parts;
    const sending = sendUrgent(records, timers, urgentSendingMs);
    this.#stopSending = sending.giveUp;
    await sending.ended;
  }

  /** The center's order (WIP-1). From here on nothing opens the records; they go when the lock has closed them. */
  async #wipe(): Promise<void> {
    this.#isWiping = true;
    this.#stopSending();
    const wiped = appError('sync.device-wiped');
    this.#endSession(wiped);
    await destroySlots(this.parts.folder);
    this.#failure = wiped;
    // The exchange still has to tell the center.
    this.parts.timers.after(wipeToldMs, () => this.#lockByItself(wiped));
  }

  async #finishWipe(): Promise<void> {
    await finishWipe(this.parts.folder);
    this.#isWiping = false;
    this.#isEnrolled = false;
    this.#desk.forget();
    this.#announcer.tell({ kind: 'state' });
  }

  #isBeyondLimit(): boolean {
    return !this.#isEmergency && (this.#records?.exchange.state().isBeyondOfflineLimit ?? false);
  }

  /** Views that were opened before the limit passed end; they are opened again, allowed or refused. */
  #lookAtLimit(): void {
    const session = this.#session;
    const mustConnect = session !== null && this.#isBeyondLimit();
    if (mustConnect === this.#mustConnect || session === null) return;
    this.#mustConnect = mustConnect;
    this.#announcer.tell({ kind: 'session-ended' });
    this.#session = { ...session };
    this.#announcer.tell({ kind: 'state' });
  }

  #lockByItself(failure: AppError | null): void {
    this.lock(failure).catch((error) => this.parts.log.incident(error));
  }

  #failWith(failure: AppError): void {
    this.#isFailed = failure.code !== 'store.in-use' && failure.code !== 'store.disk-full';
    this.#failure = failure;
    this.#announcer.tell({ kind: 'state' });
  }

  #hearCommit(notice: CommitNotice): void {
    this.#announcer.tell({ kind: 'commit', notice });
    const touches = (collection: CollectionName) =>
      notice.records.some((record) => record.collection === collection);
    if (touches('staff')) this.#hearOfStaff();
    if (touches('staff') || touches('reference')) {
      this.#refreshSlots().catch((error) => this.parts.log.incident(error));
    }
  }

  /** The center may have changed the roles of who is at work, or ended the work. */
  #hearOfStaff(): void {
    const [session, records] = [this.#session, this.#records];
    if (session === null || records === null) return;
    const now = sessionFor(this.parts, records, session.person, session.signer);
    if (!now.ok) {
      this.#lockByItself(now.error);
      return;
    }
    if (String(now.value.roles) === String(session.roles) && now.value.name === session.name) return;
    this.#announcer.tell({ kind: 'session-ended' });
    this.#session = { ...now.value, unlockedAt: session.unlockedAt };
    this.#announcer.tell({ kind: 'state' });
  }

  #hearExchange(): void {
    this.#lookAtLimit();
    this.#announcer.tell({ kind: 'exchange' });
    this.#announcer.tell({ kind: 'state' });
  }

  async #refreshSlots(): Promise<void> {
    if (this.#records !== null) await this.#desk.refresh(this.#records);
  }
}
