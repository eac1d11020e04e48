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
import type { OpenAccess } from './access-desk.ts';
import { breakGlass } from './break-glass.ts';
import { type Announcer, type Change, createAnnouncer } from './change.ts';
import { DoorDesk } from './door-desk.ts';
import { draftKeyOf, keepDraftKey } from './draft-keys.ts';
import { enrolWorkstation } from './enrolment.ts';
import { destroySlots, finishWipe, recoverEnrolment, wasWiped } from './folder-layout.ts';
import { createIdleLock, type IdleLock } from './idle-lock.ts';
import { createInFlight, type InFlight } from './in-flight.ts';
import { type Exchange, usualUrgentSendingMs, type WorkstationParts } from './parts.ts';
import { watchRecords } from './record-watches.ts';
import { closeRecords, firstSession, sessionFor, type Whom } from './records-opening.ts';
import { type ProofSources, type ReleasedKey, releaseDataKey } from './releasing.ts';
import type { OpenedRecords, Session } from './session.ts';
import { createSessionKeys, type SessionKeys } from './session-keys.ts';
import { SlotDesk } from './slot-desk.ts';
import { addStaff } from './staff-enrolment.ts';
import { createTrailDesk, type TrailDesk } from './trail-desk.ts';
import { createTurns, type Turns } from './turns.ts';
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
  /** Keys, cards and scanners of this computer. */
  readonly door: DoorDesk;
  readonly #announcer: Announcer<Change>;
  readonly #inFlight: InFlight = createInFlight();
  readonly #idle: IdleLock;
  readonly #turns: Turns = createTurns();
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
  /** What ends with the opened records: subscriptions and watches. */
  #endings: (() => void)[] = [];

  private constructor(parts: WorkstationParts) {
    this.parts = parts;
    this.trail = createTrailDesk(parts, () => this.#records);
    this.#announcer = createAnnouncer((error) => parts.log.incident(error));
    this.#keys = createSessionKeys(this.#inFlight, parts.timers);
    this.#desk = new SlotDesk(parts, () => this.#announcer.tell({ kind: 'state' }));
    this.door = new DoorDesk(parts, {
      tell: (change) => this.#announcer.tell(change),
      onCardTaken: () => this.#lockByItself(appError('access.device-removed')),
    });
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
    return this.#turns.inTurn(async () => {
      if (this.#isClosed || this.#isWiping) return fail(appError('bridge.busy'));
      if (this.#isEnrolled) return fail(appError('enrolment.already-enrolled'));
      const enrolled = await enrolWorkstation(this.parts, input);
      if (!enrolled.ok) return enrolled;
      this.#isEnrolled = true;
      const loaded = await this.#loadSlots();
      if (!loaded.ok) return loaded;
      const { person, ...keys } = enrolled.value;
      return this.#open({ person, glass: null }, { ...keys, device: null });
    });
  }

  /** Fails with the codes of `session.unlock`. While unlocked it switches to the other person. */
  unlock({ person, ...proof }: RequestInput<'session.unlock'>): Promise<Signed> {
    return this.#comeIn(async (slots) => {
      const released = await releaseDataKey(slots, this.proofSources(), person, proof);
      if (released.ok) return this.#admit({ person, glass: null }, released.value);
      await this.trail.refused(person, released.error);
      return released;
    });
  }

  /** Fails with the codes of `session.break-glass`. The reason goes to the audit trail before anything is shown. */
  breakGlass(input: RequestInput<'session.break-glass'>): Promise<Signed> {
    return this.#comeIn(async (slots) => {
      const broken = await breakGlass(slots, this.proofSources(), input);
      if (broken.ok) {
        const { released, glass } = broken.value;
        return this.#admit({ person: glass.person, glass }, released);
      }
      if (input.method === 'two') await this.trail.refused(input.first.person, broken.error);
      return broken;
    });
  }

  /** Where proofs of persons come from. */
  proofSources(): ProofSources {
    return { devices: this.parts.devices, operations: this.door.operations };
  }

  /** Who may open this workstation, for those who change it; null while locked. */
  access(): OpenAccess | null {
    const [slots, dataKey] = [this.#desk.slots, this.#records?.dataKey];
    if (slots === null || dataKey === undefined) return null;
    return { slots, dataKey, ownKeys: () => this.#keys.copy() };
  }

  /** The slots as the lock screen may see them; null while there are none. */
  slots(): CredentialSlots | null {
    return this.#desk.slots;
  }

  /** The list of who may open changed. */
  tellAccess(): void {
    this.#announcer.tell({ kind: 'state' });
  }

  /**
   * Replaces the data key now, if a way in was taken away (ACC-24): ends the session, closes the records, makes them anew and
   * opens them again for the same person. Fails like an unlock.
   */
  renewKey(): Promise<Signed> {
    return this.#turns.inHurry(async () => {
      const [session, records] = [this.#session, this.#records];
      if (session === null || records === null) return fail(appError('access.locked'));
      const dataKey = new Secret(Uint8Array.from(records.dataKey.reveal()));
      const personKeys = this.#keys.copy();
      await this.#closeRecords(this.#endSession(null));
      const whom = { person: session.person, glass: session.glass };
      return this.#open(whom, { dataKey, personKeys, device: null }, true);
    });
  }

  /** {@link renewKey} once the request that asks for it has been answered. */
  renewSoon(): void {
    this.parts.timers.after(0, () => {
      this.renewKey().catch((error) => this.parts.log.incident(error));
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
    const added = await addStaff(this.proofSources(), session, slots, dataKey, input);
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
    return failure === null && !this.#isClosed ? this.#turns.inTurn(close) : this.#turns.inHurry(close);
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
    this.door.close();
  }

  /** The disk failed under an open session: nothing more is written, what is there is kept. */
  reportDamage(failure: AppError): void {
    if (this.#session === null) return;
    this.#isFailed = true;
    this.#lockByItself(failure);
  }

  /** Reads the slot file unless it was read: a failed workstation may have been repaired meanwhile. */
  async #loadSlots(): Promise<Result<CredentialSlots>> {
    if (!this.#isEnrolled) return fail(appError('access.unknown-person'));
    const isKnown = this.#desk.slots !== null;
    const loaded = await this.#desk.load();
    await this.door.load();
    if (!loaded.ok) this.#failWith(loaded.error);
    else if (!isKnown) {
      this.#isFailed = false;
      this.#failure = null;
    }
    return loaded;
  }

  /** A turn that begins a session. What was asked of a key before is given up: whoever asks last is at the screen. */
  #comeIn(run: (slots: CredentialSlots) => Promise<Signed>): Promise<Signed> {
    this.door.operations.cancel();
    return this.#turns.inHurry(async () => {
      if (this.#isClosed || this.#isWiping) return fail(appError('bridge.busy'));
      const slots = await this.#loadSlots();
      return slots.ok ? run(slots.value) : slots;
    });
  }

  #admit(whom: Whom, released: ReleasedKey): Promise<Signed> {
    return this.#records === null
      ? this.#open(whom, released)
      : this.#switchTo(this.#records, whom, released);
  }

  async #open(whom: Whom, released: ReleasedKey, isForced = false): Promise<Signed> {
    const orders = { wipe: () => this.#wipe() };
    const opened = await this.#desk.openRecords(released.dataKey, isForced, orders);
    if (!opened.ok) this.#failWith(opened.error);
    const session = opened.ok
      ? await firstSession(this.parts, opened.value, whom, released.personKeys)
      : opened;
    if (!opened.ok || !session.ok) {
      released.personKeys?.wipe();
      return opened.ok ? session : opened;
    }
    const records = opened.value;
    this.#records = records;
    this.#endings = watchRecords(records, this.parts, {
      session: () => this.#session,
      whileOpen: (work) => this.whileOpen(work),
      hearCommit: (notice) => this.#hearCommit(notice),
      hearExchange: () => this.#hearExchange(),
      hearDay: () => this.#announcer.tell({ kind: 'day' }),
    });
    return this.#begin(session.value, released, 'session.unlock');
  }

  async #switchTo(records: OpenedRecords, whom: Whom, released: ReleasedKey): Promise<Signed> {
    using dataKey = released.dataKey;
    const isSame = timingSafeEqual(dataKey.reveal(), records.dataKey.reveal());
    const session = isSame
      ? sessionFor(this.parts, records, whom, released.personKeys)
      : fail(appError('store.wrong-key', { part: 'switch' }));
    if (!session.ok) {
      released.personKeys?.wipe();
      return session;
    }
    return this.#begin(session.value, released, 'session.switch');
  }

  /** From here on requests are served for this session. */
  async #begin(session: Session, { personKeys, device }: ReleasedKey, action: string): Promise<Signed> {
    if (!(await this.#excuse(session))) {
      personKeys?.wipe();
      if (this.#session === null) await this.#closeRecords(null);
      return fail(appError('store.disk-full'));
    }
    if (this.#session !== null) this.#announcer.tell({ kind: 'session-ended' });
    this.#session = session;
    this.#keys.hold(personKeys);
    this.#isFailed = false;
    this.#failure = null;
    this.#isEmergency = false;
    if (session.glass === null) this.trail.endException();
    this.door.begin(session.person);
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
    return ok({ person: session.person });
  }

  /** Opened without anybody's own way in: written down first, or not at all. */
  async #excuse(session: Session): Promise<boolean> {
    if (session.glass === null) return true;
    try {
      await this.trail.except(session, 'session.break-glass', session.glass.reason);
      return true;
    } catch (error) {
      this.parts.log.incident(error);
      return false;
    }
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
    this.door.end();
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
    if (!this.#turns.isHurried() && !this.#isWiping) await this.#sendUrgent(records);
    for (const end of this.#endings.splice(0)) end();
    this.#records = null;
    await closeRecords(this.parts, records);
    if (this.#isWiping) await this.#finishWipe();
  }

  /** Behind the locked screen: nobody is served, and an unlock or a reason to hurry ends it. */
  async #sendUrgent(records: OpenedRecords): Promise<void> {
    const { timers, urgentSendingMs = usualUrgentSendingMs } = this.parts;
    const sending = sendUrgent(records, timers, urgentSendingMs);
    this.#turns.waitingEndsBy(sending.giveUp);
    await sending.ended;
  }

  /** The center's order (WIP-1). From here on nothing opens the records; they go when the lock has closed them. */
  async #wipe(): Promise<void> {
    this.#isWiping = true;
    this.#turns.stopWaiting();
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
    const { person, glass, signer } = session;
    const now = sessionFor(this.parts, records, { person, glass }, signer);
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
