import { timingSafeEqual } from 'node:crypto';
import type { CredentialSlots } from '#access/credential-slots.ts';
import { Secret } from '#access/secret.ts';
import type { RequestInput } from '#contracts/bridge/requests.ts';
import type { WorkstationState } from '#contracts/bridge/views.ts';
import { type AppError, appError } from '#contracts/errors.ts';
import type { PersonId } from '#contracts/ids.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import type { OpenAccess } from './access-desk.ts';
import { AtWork } from './at-work.ts';
import { type Announcer, type Change, createAnnouncer } from './change.ts';
import { type Admission, type Attempt, byBreakingGlass, byOwnWay } from './coming-in.ts';
import { DoorDesk } from './door-desk.ts';
import { draftKeyOf } from './draft-keys.ts';
import { enrolWorkstation } from './enrolment.ts';
import { Erasure } from './erasure.ts';
import { recoverEnrolment, wasWiped } from './folder-layout.ts';
import { createInFlight, type InFlight } from './in-flight.ts';
import type { Exchange, WorkstationParts } from './parts.ts';
import { RecordsDesk } from './records-desk.ts';
import { closeRecords, sessionFor } from './records-opening.ts';
import { dropKeys, type ProofSources, type ReleasedKey } from './releasing.ts';
import type { OpenedRecords, Session } from './session.ts';
import { SlotDesk } from './slot-desk.ts';
import { createTrailDesk, type TrailDesk } from './trail-desk.ts';
import { createTurns, type Turns } from './turns.ts';
import { workstationState } from './workstation-state.ts';

type Signed = Result<{ readonly person: PersonId }>;

/** How long a lock waits for requests that are under way. */
const longestRequestMs = 10_000;

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
  readonly #turns: Turns = createTurns();
  readonly #desk: SlotDesk;
  readonly #records: RecordsDesk;
  readonly #atWork: AtWork;
  readonly #erasure: Erasure;
  #isEnrolled = false;
  #isClosed = false;
  #failure: AppError | null = null;
  #isFailed = false;

  private constructor(parts: WorkstationParts) {
    this.parts = parts;
    this.trail = createTrailDesk(parts, () => this.#records.opened);
    this.#announcer = createAnnouncer((error) => parts.log.incident(error));
    this.#desk = new SlotDesk(parts, () => this.#announcer.tell({ kind: 'state' }));
    this.#records = new RecordsDesk(parts, this.#desk, this.#turns, {
      hearTrouble: (error) => this.#failWith(error),
      session: () => this.#atWork.session,
      whileOpen: (work) => this.whileOpen(work),
      hearCommit: (notice) => this.#announcer.tell({ kind: 'commit', notice }),
      hearStaff: () => this.#atWork.lookAtStaff(this.#records.opened),
      hearExchange: () => this.#hearExchange(),
      hearDay: () => this.#announcer.tell({ kind: 'day' }),
    });
    this.#erasure = new Erasure(parts);
    this.door = new DoorDesk(parts, {
      tell: (change) => this.#announcer.tell(change),
      onCardTaken: () => this.#lockByItself(appError('access.device-removed')),
    });
    this.#atWork = new AtWork({
      parts,
      door: this.door,
      trail: this.trail,
      inFlight: this.#inFlight,
      tell: (change) => this.#announcer.tell(change),
      lock: (failure) => this.#lockByItself(failure),
    });
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
      session: this.#atWork.session,
      records: this.#records.opened,
      failure: this.#failure,
      isFailed: this.#isFailed,
      mustConnect: this.#atWork.mustConnect,
    });
  }

  /** Who is at work; null while locked. */
  session(): Session | null {
    return this.#atWork.session;
  }

  /** The running exchange with the center; null while locked. */
  exchange(): Exchange | null {
    return this.#atWork.session === null ? null : (this.#records.opened?.exchange ?? null);
  }

  /** Whether no record may be shown because the center was not met for too long (WIP-2). */
  mustConnect(): boolean {
    return this.#atWork.mustConnect;
  }

  /** Lets this session work beyond the offline limit, for the reason given, until the lock. */
  async allowEmergency(session: Session, reason: string): Promise<void> {
    await this.trail.except(session, 'session.emergency', reason);
    this.#atWork.except(this.#records.opened);
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
      if (this.#isClosed || this.#erasure.isUnderWay) return fail(appError('bridge.busy'));
      if (this.#isEnrolled) return fail(appError('enrolment.already-enrolled'));
      const enrolled = await enrolWorkstation(this.parts, input);
      if (!enrolled.ok) return enrolled;
      this.#isEnrolled = true;
      const loaded = await this.#loadSlots();
      if (!loaded.ok) return loaded;
      const { person, ...keys } = enrolled.value;
      return this.#open({ whom: { person, glass: null }, released: { ...keys, device: null } });
    });
  }

  /** Fails with the codes of `session.unlock`. While unlocked it switches to the other person. */
  unlock(input: RequestInput<'session.unlock'>): Promise<Signed> {
    return this.#comeIn(byOwnWay(input));
  }

  /** Fails with the codes of `session.break-glass`. The reason goes to the audit trail before anything is shown. */
  breakGlass(input: RequestInput<'session.break-glass'>): Promise<Signed> {
    return this.#comeIn(byBreakingGlass(input));
  }

  /** Where proofs of persons come from. */
  proofSources(): ProofSources {
    return { devices: this.parts.devices, operations: this.door.operations };
  }

  /** Who may open this workstation, for those who change it; null while locked. */
  access(): OpenAccess | null {
    const [slots, dataKey] = [this.#desk.slots, this.#records.opened?.dataKey];
    if (slots === null || dataKey === undefined) return null;
    return { slots, dataKey, ownKeys: () => this.#atWork.keys.copy(), keyInUse: this.#atWork.keyInUse };
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
   * Replaces the data key now, if a way in was taken away (ACC-24): interrupts the session, closes the records, makes them anew and
   * opens them again for the same person, unless a lock was asked for meanwhile. Fails like an unlock, and with `access.locked`.
   */
  renewKey(): Promise<Signed> {
    return this.#turns.inHurry(async () => {
      const [session, records] = [this.#atWork.session, this.#records.opened];
      if (session === null || records === null) return fail(appError('access.locked'));
      const { person, glass } = session;
      if (this.#desk.slots?.isRotationDue() !== true) return ok({ person });
      const dataKey = Secret.copyOf(records.dataKey.reveal());
      const released = { dataKey, personKeys: this.#atWork.keys.copy(), device: this.#atWork.keyInUse };
      const renew = async () => {
        this.#endSession(null);
        // No lock, no unlock: nobody left, and nobody showed who she is.
        await this.#closeRecords(null);
        return this.#open({ whom: { person, glass }, released }, 'goes-on');
      };
      return this.#desk.whileRenewing(() => this.#atWork.interrupt(renew));
    });
  }

  /** {@link renewKey} once the request that asks for it has been answered. */
  renewSoon(): void {
    const incident = (error: unknown) => void this.parts.log.incident(error);
    this.parts.timers.after(0, () => void this.renewKey().catch(incident));
  }

  /** How far the replacing of the data key is, 0 to 1; null when none is under way. */
  renewal(): number | null {
    return this.#desk.renewal;
  }

  /**
   * Ends the session at once, then closes the records and drops the key: after urgent records were sent, if nothing is wrong and
   * the center is in contact (ACC-22). Resolves when the files are closed.
   */
  lock(failure: AppError | null = null): Promise<void> {
    // Whoever is asked for a finger now would come in after the lock.
    this.door.operations.cancel();
    if (this.#atWork.endPause()) this.#show(failure);
    const ended = this.#endSession(failure);
    // By the time of its turn an unlock that was asked for earlier may have begun another session: that one ends too.
    const close = () => this.#closeRecords(this.#endSession(failure) ?? ended);
    return failure === null && !this.#isClosed ? this.#turns.inTurn(close) : this.#turns.inHurry(close);
  }

  /** Somebody is at the screen: puts the idle lock off. */
  touch(): void {
    this.#atWork.touch();
  }

  /** 32 bytes for one person's draft box: the same for the same person, unrelated to anybody else's. Throws while locked. */
  draftKey(session: Session): Uint8Array {
    if (this.#records.opened === null) throw new Error('no draft key while locked');
    return draftKeyOf(this.#records.opened, session.person);
  }

  /** Locks, and lets no phase change follow. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.lock();
    this.door.close();
  }

  /** The disk failed under an open session: nothing more is written, what is there is kept. */
  reportDamage(failure: AppError): void {
    if (this.#atWork.session === null) return;
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
    else if (!isKnown) [this.#isFailed, this.#failure] = [false, null];
    return loaded;
  }

  /**
   * A turn that begins a session. What was asked of a key before is given up, also what still waits for its turn: whoever asks
   * last is at the screen.
   */
  #comeIn({ usesKey, make }: Attempt): Promise<Signed> {
    this.door.operations.cancel();
    const isGivenUp = this.door.operations.mark();
    return this.#turns.inHurry(async () => {
      if (this.#isClosed || this.#erasure.isUnderWay) return fail(appError('bridge.busy'));
      const slots = await this.#loadSlots();
      if (!slots.ok) return slots;
      if (usesKey && isGivenUp()) return fail(appError('access.cancelled'));
      const made = await make(slots.value, this.proofSources(), this.trail);
      if (!made.ok) return made;
      const records = this.#records.opened;
      const comeIn = () => (records === null ? this.#open(made.value) : this.#switchTo(records, made.value));
      return this.#atWork.whileKeyStays(made.value.released.device, comeIn);
    });
  }

  /** `goes-on`: a session was interrupted for a new key, which is made even if somebody has not unlocked since format 1. */
  async #open(admission: Admission, how: 'anew' | 'goes-on' = 'anew'): Promise<Signed> {
    const { released } = admission;
    // The order to erase may have come while the records were closed for a new key.
    if (!this.#isEnrolled || this.#erasure.isUnderWay) return dropKeys(released);
    const opened = await this.#records.open(admission, how === 'goes-on', { wipe: () => this.#wipe() });
    if (!opened.ok) return opened;
    const { records, session } = opened.value;
    const isRenewed = records.dataKey !== released.dataKey;
    if (this.#atWork.isPauseOver) {
      await this.trail.ended(session, records, isRenewed);
      await closeRecords(this.parts, records);
      return dropKeys(released);
    }
    this.#records.keep(records);
    const begun = await this.#begin(session, released, how === 'goes-on' ? null : 'session.unlock');
    if (begun.ok && isRenewed) await this.trail.say(session, 'keys.rotate');
    return begun;
  }

  async #switchTo(records: OpenedRecords, { whom, released }: Admission): Promise<Signed> {
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

  async #begin(session: Session, released: ReleasedKey, action: string | null): Promise<Signed> {
    const unexcused = action === null ? this.trail.goOn(session) : await this.trail.excuse(session);
    if (unexcused !== null) {
      released.personKeys?.wipe();
      if (this.#atWork.session === null) await this.#closeRecords(null);
      await this.trail.refused(session.glass?.person ?? null, unexcused);
      return fail(unexcused);
    }
    this.#isFailed = false;
    this.#atWork.begin(session, released, this.#records.opened);
    this.#show(null);
    if (action !== null) await this.trail.say(session, action);
    await this.trail.catchUp(session);
    await this.#records.keepDraftKey(session.person);
    await this.#records.refreshSlots();
    return ok({ person: session.person });
  }

  #endSession(failure: AppError | null): Session | null {
    const ending = this.#atWork.end();
    if (ending === null) return null;
    this.#announcer.tell({ kind: 'session-ended' });
    this.#show(failure);
    return ending;
  }

  async #closeRecords(ended: Session | null): Promise<void> {
    if (this.#records.opened === null) return;
    await this.#inFlight.settled(this.parts.timers, longestRequestMs);
    this.#atWork.keys.wipe();
    if (ended !== null) await this.trail.say(ended, 'session.lock');
    await this.#records.close(!this.#turns.isHurried() && !this.#erasure.isUnderWay);
    if (this.#erasure.isUnderWay) await this.#finishWipe();
  }

  /** The center's order (WIP-1). From here on nothing opens the records; they go when the lock has closed them. */
  async #wipe(): Promise<void> {
    const wiped = appError('sync.device-wiped');
    this.#turns.stopWaiting();
    const hide = () => {
      this.#atWork.endPause();
      this.#endSession(wiped);
    };
    await this.#erasure.begin(hide, () => this.#lockByItself(wiped));
    this.#failure = wiped;
  }

  async #finishWipe(): Promise<void> {
    await this.#erasure.finish();
    this.#isEnrolled = false;
    this.#desk.forget();
    this.#announcer.tell({ kind: 'state' });
  }

  #lockByItself(failure: AppError | null): void {
    this.lock(failure).catch((error) => this.parts.log.incident(error));
  }

  #failWith(failure: AppError): void {
    this.#isFailed = failure.code !== 'store.in-use' && failure.code !== 'store.disk-full';
    this.#show(failure);
  }

  #show(failure: AppError | null): void {
    this.#failure = failure;
    this.#announcer.tell({ kind: 'state' });
  }

  #hearExchange(): void {
    this.#atWork.lookAtLimit(this.#records.opened);
    this.#announcer.tell({ kind: 'exchange' });
    this.#announcer.tell({ kind: 'state' });
  }
}
