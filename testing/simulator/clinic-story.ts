import * as v from 'valibot';
import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';
import { type RecordId, RecordIdSchema } from '#contracts/ids.ts';
import type { AnyRecord } from '#contracts/records/registry.ts';
import { uuidV7 } from '#sync/uuid-v7.ts';
import type { SeededRandom } from '../doubles/seeded-random.ts';
import * as acts from './clinic-acts.ts';
import { type ClinicWorld, home } from './clinic-world.ts';
import type { FaultName } from './faults.ts';
import type { Pace } from './machine-link.ts';
import { share } from './sharing-acts.ts';
import type { SimulatedWorkstation } from './simulated-workstation.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const year = 365 * day;
const workingDaysPerWeek = 5;
export const workingDaysPerYear = 250;
const mostMachines = 5;
const backUpEvery = 4;
/** Of every so many working days the last ones pass without a backup: longer than rows are kept whatever the watermark says. */
const backUpRound = 24;
const backUpDays = 8;

/** What the people of a clinic do in a year of working days, and what befalls their machines meanwhile. */
export class ClinicStory {
  readonly actions = { done: 0, refused: 0 };
  readonly #world: ClinicWorld;
  readonly #random: SeededRandom;
  readonly #fresh = new acts.FreshValues();
  readonly #patients: RecordId[] = [];
  readonly #visits: RecordId[] = [];
  readonly #start: number;

  constructor(world: ClinicWorld) {
    this.#world = world;
    this.#random = world.random.fork();
    this.#start = world.time.now();
  }

  /** One working day, from the morning to the next night. */
  async day(number: number): Promise<void> {
    const morning = this.#start + calendarDay(number) * day + 8 * hour;
    await this.#until(morning);
    await this.#befall(morning);
    await this.#switchOn();
    for (const at of this.#timesOfActions(morning)) {
      await this.#until(at);
      this.#someoneActs();
    }
    await this.#until(morning + 9 * hour);
    await this.#evening(number);
  }

  /** Somebody is there every day; not everybody is. */
  async #switchOn(): Promise<void> {
    const machines = [...this.#world.workstations];
    const first = this.#random.pick(machines);
    for (const workstation of machines) {
      if (workstation === first || this.#random.chance(0.55)) await workstation.start();
    }
  }

  /** Most days are quiet, some are a vaccination day. */
  #timesOfActions(morning: number): readonly number[] {
    const isBusy = this.#random.chance(0.06);
    const count = isBusy ? 12 + this.#random.below(20) : this.#random.below(4);
    const span = isBusy ? 2 * hour : 8 * hour;
    const begin = morning + this.#random.below(isBusy ? 6 * hour : minute);
    return Array.from({ length: count }, () => begin + this.#random.below(span)).sort((a, b) => a - b);
  }

  #someoneActs(): void {
    const up = this.#world.workstations.filter((workstation) => workstation.isUp && !workstation.isLeaving);
    if (up.length === 0) return;
    const workstation = this.#random.pick(up);
    // Nurse and doctor at one patient: the same visit on two machines within moments.
    this.#perform(workstation, ...this.#deed());
    if (this.#random.chance(0.2)) this.#perform(this.#random.pick(up), ...this.#deed());
  }

  /** With the fault it is, if it is one. */
  #deed(): readonly [deed: acts.Deed, fault?: FaultName] {
    const [random, fresh] = [this.#random, this.#fresh];
    const { faults, scopes, options } = this.#world;
    const patient = recent(this.#patients, random);
    const visit = recent(this.#visits, random);
    const roll = random.next();
    if (patient === undefined || roll < 0.13) return [acts.register(fresh, random)];
    if (scopes.length > 1 && random.chance(0.2)) return [share(patient, scopes, fresh, random)];
    if (faults.strikes('newer-version-fields'))
      return [acts.writeNewerFields(patient, fresh), 'newer-version-fields'];
    if (faults.strikes('poisoned-write')) return [acts.writePoison(fresh), 'poisoned-write'];
    if (visit === undefined || roll < 0.3) return [acts.beginVisit(patient, fresh)];
    if (roll < 0.62) return [acts.continueVisit(visit, fresh, random)];
    if (roll < 0.82) return [acts.amend(patient, fresh, random)];
    if (roll < 0.9) return [acts.addAllergy(patient, fresh, random)];
    if (roll < 0.98) return [acts.settle(random, options.hasLinks)];
    return [acts.voidPatient(patient, fresh)];
  }

  #perform(workstation: SimulatedWorkstation, deed: acts.Deed, fault?: FaultName): void {
    if (!workstation.isUp) return;
    const doing = workstation.act((session) => deed(session) ?? Promise.resolve(undefined));
    doing.then(
      (outcome) => {
        if (outcome?.ok === true) {
          this.actions.done += 1;
          if (fault !== undefined) this.#world.faults.tookEffect(fault);
          this.#remember(workstation, outcome.value.id);
        } else this.actions.refused += 1;
      },
      (error: unknown) => {
        if (error instanceof ReplicaFailure && error.error.code === 'store.disk-full')
          workstation.refusedActions += 1;
        else this.#world.fail(error);
      },
    );
  }

  #remember(workstation: SimulatedWorkstation, id: RecordId): void {
    const { replica } = workstation.session;
    if (!this.#patients.includes(id) && replica.get('patients', id) !== undefined) this.#patients.push(id);
    if (!this.#visits.includes(id) && replica.get('visits', id) !== undefined) this.#visits.push(id);
  }

  /** What befalls the clinic on this day. */
  async #befall(morning: number): Promise<void> {
    const { faults, center, workstations, time } = this.#world;
    for (const workstation of workstations) {
      this.#forAWhile('partition', 3 * day, workstation, (isOn) => workstation.link.partition(isOn));
      this.#forAWhile('one-way-loss', 2 * hour, workstation, (isOn) => {
        const direction = faults.random('one-way-loss').pick(['to-center', 'to-client'] as const);
        workstation.link.swallow(isOn ? direction : undefined);
      });
      this.#forAWhile('slow-link', 8 * hour, workstation, (isOn) => {
        workstation.link.slowDown(isOn ? slowPace(faults.random('slow-link')) : undefined);
      });
      this.#forAWhile('full-disk', 3 * hour, workstation, (isOn) => workstation.setDiskFull(isOn));
      if (faults.strikes('workstation-clock-jump'))
        workstation.clockErrorMs = jump(faults.random('workstation-clock-jump'));
      if (faults.strikes('locked')) this.#lockForAWhile(workstation);
      if (faults.strikes('replayed-connection')) {
        time.after(hour + faults.random('replayed-connection').below(6 * hour), () =>
          workstation.link.replayFormer(),
        );
      }
    }
    if (faults.strikes('center-clock-jump')) center.clockErrorMs = jump(faults.random('center-clock-jump'));
    if (faults.strikes('poisoned-document')) await this.#plantPoison();
    await this.#restoreMaybe(morning);
  }

  #forAWhile(
    name: FaultName,
    longestMs: number,
    workstation: SimulatedWorkstation,
    set: (isOn: boolean) => void,
  ): void {
    const { faults, time, trace } = this.#world;
    if (!faults.strikes(name)) return;
    const random = faults.random(name);
    time.after(random.below(8 * hour), () => {
      trace.note(`${workstation.name} ${name}`);
      set(true);
      time.after(random.below(longestMs), () => set(false));
    });
  }

  /** Locking ends the exchange and drops the key, as switching off does. */
  #lockForAWhile(workstation: SimulatedWorkstation): void {
    const { faults, time, fail } = this.#world;
    const random = faults.random('locked');
    time.after(random.below(9 * hour), () => {
      if (!workstation.isUp) return;
      faults.tookEffect('locked');
      workstation.stop().catch(fail);
      time.after(minute + random.below(hour), () => void workstation.start().catch(fail));
    });
  }

  /** A record that fits no schema comes from the center, as from a newer one. */
  async #plantPoison(): Promise<void> {
    const { center, faults, time } = this.#world;
    if (!center.isUp) return;
    const random = faults.random('poisoned-document');
    const id = v.parse(RecordIdSchema, uuidV7(time.now(), random));
    const rev = `1-${Buffer.from(random.bytes(16)).toString('hex')}`;
    const body = { patientId: id, day: '2026-01-01', reason: 'x', urgency: 'someday', entries: [] };
    const record: AnyRecord = JSON.parse(JSON.stringify({ id, scope: home, rev, body }));
    const seeded = await center.whileAlive((core) => core.seed([{ collection: 'visits', record }]));
    if (seeded === 1) faults.tookEffect('poisoned-document');
  }

  /** The center's disk is lost at some moment of the day. */
  async #restoreMaybe(morning: number): Promise<void> {
    const { faults, center, time } = this.#world;
    const isForgotten = faults.strikes('center-restored-forgotten');
    if (!faults.strikes('center-restored') && !isForgotten) return;
    const backup = isForgotten ? center.backups.at(0) : center.backups.at(-1);
    if (backup === undefined) return;
    const at = morning + faults.random('center-restored').below(7 * hour);
    time.after(Math.max(0, at - time.now()), () => this.#world.restoreCenter(backup, isForgotten));
  }

  async #evening(number: number): Promise<void> {
    const { workstations, faults, center } = this.#world;
    for (const workstation of [...workstations]) {
      await this.#technicianLooks(workstation);
      // Somebody forgets to switch it off.
      if (this.#random.chance(0.04)) continue;
      if (faults.strikes('device-cloned') && workstations.length < mostMachines && workstation.isUp) {
        await workstation.stop();
        this.#world.clone(workstation);
        faults.tookEffect('device-cloned');
      } else await workstation.stop();
    }
    if (number % backUpEvery === 0 && number % backUpRound < backUpDays) await center.backUp();
    await this.#world.time.settle();
  }

  /** A machine the center does not take any more is enrolled again; one too many is put away once it is empty. */
  async #technicianLooks(workstation: SimulatedWorkstation): Promise<void> {
    const { center, workstations, options } = this.#world;
    if (!workstation.isUp) return;
    await this.#world.enrolAgainIfRefused(workstation);
    if (!workstation.isUp || workstations.length <= options.workstations || !center.isUp) return;
    const staying = workstations.filter(({ isLeaving }) => !isLeaving);
    const isLast = !staying.some((other) => other !== workstation && other.scope === workstation.scope);
    if (staying.length > options.workstations && !isLast) workstation.isLeaving ||= this.#random.chance(0.2);
    // Whatever it still holds may be needed: by the center's next restore, or by whoever looks after the quarantine.
    if (!workstation.isLeaving || !workstation.memory.isEmpty) return;
    await workstation.stop();
    this.#world.retire(workstation);
  }

  async #until(at: number): Promise<void> {
    await this.#world.advanceTo(at);
  }
}

/** Working days of one week follow each other. */
const calendarDay = (workingDay: number): number =>
  Math.floor(workingDay / workingDaysPerWeek) * 7 + (workingDay % workingDaysPerWeek);

/** Mostly one of the last, so that people meet on the same record. */
function recent(ids: readonly RecordId[], random: SeededRandom): RecordId | undefined {
  if (ids.length === 0) return undefined;
  return random.chance(0.7) ? random.pick(ids.slice(-5)) : random.pick(ids);
}

const slowPace = (random: SeededRandom): Pace => {
  const bytesPerSecond = 500 + random.below(8000);
  return { bytesPerSecond, latencyMs: 300 + random.below(3000) };
};

const jump = (random: SeededRandom): number => random.pick([0, 0, -20 * year, 7 * year, -3 * day, 5 * hour]);
