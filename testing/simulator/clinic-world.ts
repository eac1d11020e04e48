import { join } from 'node:path';
import * as v from 'valibot';
import type { Statement } from '#center/postgres/database.ts';
import {
  DeviceIdSchema,
  HlcSchema,
  type OperationId,
  OperationIdSchema,
  PersonIdSchema,
  RecordIdSchema,
  type Scope,
  ScopeSchema,
} from '#contracts/ids.ts';
import type { RecordOf } from '#contracts/records/registry.ts';
import type { PackingChoice } from '#sync/client/message-packing.ts';
import { SessionEnd } from '#sync/client/session-end.ts';
import { revisionOf } from '#sync/merge/revision.ts';
import { readBuiltInDictionaries } from '#sync/packing/dictionaries.ts';
import { createPacker } from '#sync/packing/packer.ts';
import { uuidV7 } from '#sync/uuid-v7.ts';
import { SeededRandom } from '../doubles/seeded-random.ts';
import { settleReturned } from './check-returned.ts';
import { type FaultRates, Faults } from './faults.ts';
import type { PostgresInProcess } from './postgres-in-process.ts';
import { SettledTime } from './settled-time.ts';
import { type Backup, SimulatedCenter } from './simulated-center.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import { SimulatedWorkstation } from './simulated-workstation.ts';
import type { Surroundings } from './surroundings.ts';
import { Trace } from './trace.ts';
import { WriteRecord } from './write-record.ts';

export const home: Scope = v.parse(ScopeSchema, 'AND000001');
/** The facility of the last workstation, in worlds with two. */
const neighbour: Scope = v.parse(ScopeSchema, 'AND000002');
/** Errands that a dead courier had taken up wait for the next look. */
const courierLookWithNeighbourMs = 3 * 60 * 60_000;

/** Refusals that only a new enrolment ends. */
const strangers = ['sync.device-cloned', 'sync.device-unknown', 'sync.proof-refused'] as const;
const findInFeed: Statement = {
  name: 'simulator-find-in-feed',
  text: 'select op from feed where scope = any($1::text[]) and op = any($2::uuid[])',
};
const packingFaults = ['second-best-packing', 'dictionary-missing'] as const;
/** Shared by all: what a packer learns of a dictionary is kept by its bytes. */
const dictionaries = readBuiltInDictionaries();

export interface WorldOptions {
  readonly seed: number;
  readonly rates: FaultRates;
  /** In all facilities. */
  readonly workstations: number;
  /** Facilities that refer and move patients to each other. */
  readonly facilities: 1 | 2;
  /** Whether people link two records of one citizen. */
  readonly hasLinks: boolean;
  /** A folder for the disks of this world. */
  readonly root: string;
}

/** A clinic, its workstations, and the center: real code on simulated time, links, disks and power. */
export class ClinicWorld implements Surroundings {
  readonly time: SettledTime;
  readonly random: SeededRandom;
  readonly faults: Faults;
  readonly trace: Trace;
  readonly writes = new WriteRecord();
  readonly center: SimulatedCenter;
  readonly scopes: readonly Scope[];
  readonly postgres: PostgresInProcess;
  /** Machines in use; one that was retired has nothing left to send. */
  readonly workstations: SimulatedWorkstation[] = [];
  readonly options: WorldOptions;
  /** How often the exchange survived something it did not expect, by what it was. */
  readonly troubles = new Map<string, number>();
  /** Writes that only replicas still hold, after the center came back from too old a backup. */
  readonly forgotten = new Set<OperationId>();
  reEnrolments = 0;
  /** Machines that share their identity with another one. */
  readonly #copied = new Set<SimulatedWorkstation>();
  readonly #receipts: { readonly machine: string; readonly op: OperationId }[] = [];
  #failure: Error | undefined;
  #machines = 0;

  private constructor(postgres: PostgresInProcess, options: WorldOptions) {
    this.options = options;
    this.postgres = postgres;
    this.random = new SeededRandom(options.seed);
    this.time = new SettledTime({ isBusy: () => postgres.underWay > 0, look: () => this.#look() });
    this.trace = new Trace(() => this.time.now());
    this.faults = new Faults(this.random.fork(), options.rates);
    this.center = new SimulatedCenter(this.#shared(), dictionaries);
    this.scopes = options.facilities === 2 ? [home, neighbour] : [home];
    if (options.facilities === 2) this.center.courierLookMs = courierLookWithNeighbourMs;
  }

  /** Makes a center with its facilities, and enrols its workstations. Nothing strikes before this is done. */
  static async create(postgres: PostgresInProcess, options: WorldOptions): Promise<ClinicWorld> {
    const world = new ClinicWorld(postgres, options);
    world.faults.pause();
    await world.center.create();
    await world.center.start();
    for (const scope of world.scopes) {
      await world.center.core.createFacility(facilityRecord(scope, world.random));
    }
    for (let count = 1; count <= options.workstations; count += 1) {
      await world.addWorkstation(count === options.workstations ? world.scopes.at(-1) : home);
    }
    await world.center.backUp();
    world.faults.resume();
    return world;
  }

  /** Enrols a new machine. Not started yet. */
  async addWorkstation(scope: Scope = home): Promise<SimulatedWorkstation> {
    const workstation = this.#machine(new SimulatedDisk(this.#rootOf(this.#machines)), scope);
    const code = await this.center.issueCode(scope);
    if (code === undefined || !(await workstation.enrol(code))) throw new Error('no center to begin with');
    return workstation;
  }

  /** Somebody copies the data folder to another machine. */
  clone(original: SimulatedWorkstation): SimulatedWorkstation {
    this.trace.note(`${original.name} is cloned`);
    const disk = original.disk.copyTo(this.#rootOf(this.#machines));
    const copy = this.#machine(disk, original.scope, original);
    copy.wasOld = original.wasOld;
    this.#copied.add(original).add(copy);
    return copy;
  }

  /** Lets time pass until then, if it has not come yet. */
  async advanceTo(at: number): Promise<void> {
    if (at > this.time.now()) await this.time.advance(at - this.time.now());
  }

  /** The center comes back from a backup, at once. `isForgotten`: one older than what the workstations may rely on. */
  restoreCenter(backup: Backup, isForgotten: boolean): void {
    const restoring = async () => {
      await this.center.restore(backup, () => settleReturned(this));
      const lost = await this.#forgottenEverywhere();
      if (!isForgotten && lost.length > 0)
        throw new Error(`${lost.length} writes were forgotten before the backup had them`);
      for (const op of lost) this.forgotten.add(op);
      for (const { memory, scope } of this.workstations) memory.centerRestored(scope);
      if (!isForgotten) this.faults.tookEffect('center-restored');
      else if (lost.length > 0) this.faults.tookEffect('center-restored-forgotten');
    };
    restoring().catch((error: unknown) => this.fail(error));
  }

  /** Operations that were received once and are now in no outbox and not at the center. */
  async #forgottenEverywhere(): Promise<readonly OperationId[]> {
    const { rows } = await this.postgres.query('select op from feed where op is not null');
    const known = new Set(rows.map(({ op }) => op));
    return [...this.writes.all()]
      .map(({ op }) => op)
      .filter((op) => !known.has(op) && !this.forgotten.has(op))
      .filter((op) => !this.workstations.some(({ memory }) => memory.holds(op)));
  }

  /** Enrols a machine again that the center refuses for good: a copy, or one it has forgotten. */
  async enrolAgainIfRefused(workstation: SimulatedWorkstation): Promise<void> {
    const { link, refusal } = workstation.client.state();
    if (link !== 'refused' || !strangers.some((code) => code === refusal) || !this.center.isUp) return;
    this.trace.note(`${workstation.name} is enrolled again`, String(refusal));
    if (refusal === 'sync.device-cloned' && !this.#copied.has(workstation)) {
      throw new Error(`${workstation.name} is taken for a copy of itself`);
    }
    await workstation.stop();
    const code = await this.center.issueCode(workstation.scope);
    if (code !== undefined && (await workstation.enrol(code))) {
      this.#copied.delete(workstation);
      this.reEnrolments += 1;
    }
    await workstation.start();
  }

  retire(workstation: SimulatedWorkstation): void {
    this.workstations.splice(this.workstations.indexOf(workstation), 1);
    workstation.retire();
  }

  packing(): PackingChoice {
    const { faults } = this;
    const struck = new Set(packingFaults.filter((name) => faults.strikes(name)));
    return {
      packings: struck.has('second-best-packing') ? ['deflate'] : ['zstd', 'deflate'],
      dictionaries: struck.has('dictionary-missing') ? [] : dictionaries,
      // Made once the center has agreed.
      createPacker: (packing, dictionary) => {
        for (const name of struck) faults.tookEffect(name);
        struck.clear();
        return createPacker(packing, dictionary);
      },
    };
  }

  accepted(machine: string, op: OperationId): void {
    this.#receipts.push({ machine, op });
  }

  troubled(machine: string, trouble: unknown): void {
    const what = trouble instanceof SessionEnd ? trouble.message : String(trouble);
    this.trace.note(`${machine} is troubled: ${what}`);
    this.troubles.set(what, (this.troubles.get(what) ?? 0) + 1);
  }

  readonly fail = (error: unknown): void => {
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
  };

  /** Closes what is open. */
  async close(): Promise<void> {
    this.faults.end();
    for (const workstation of this.workstations) workstation.cutPower();
    this.center.cutPower();
    await new Promise((resolve) => setImmediate(resolve));
    for (const workstation of this.workstations) workstation.disk.remove();
  }

  #machine(disk: SimulatedDisk, scope: Scope, original?: SimulatedWorkstation): SimulatedWorkstation {
    this.#machines += 1;
    const workstation = new SimulatedWorkstation(this.#shared(), {
      name: `w${this.#machines}`,
      person: original?.person ?? v.parse(PersonIdSchema, uuidV7(this.time.now(), this.random)),
      scope,
      disk,
      ...(original === undefined ? {} : { memory: original.memory.copy() }),
    });
    this.workstations.push(workstation);
    return workstation;
  }

  #rootOf(machine: number): string {
    return join(this.options.root, `machine-${machine}`);
  }

  #shared(): Surroundings & { readonly postgres: PostgresInProcess } {
    return this;
  }

  /** After every event: nothing failed, and what a workstation believes to be received is there. */
  async #look(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#receipts.length === 0) return;
    const receipts = this.#receipts.splice(0);
    const { rows } = await this.postgres.query(findInFeed, [this.scopes, receipts.map(({ op }) => op)]);
    const known = new Set(rows.map(({ op }) => op));
    const lie = receipts.find(({ op }) => !known.has(op));
    if (lie !== undefined) {
      throw new Error(`${lie.machine} says that the center has ${lie.op}, which it has not`);
    }
  }
}

function facilityRecord(scope: Scope, random: SeededRandom): RecordOf<'reference'> {
  const name = { 'uz-Latn': 'Punkt', 'uz-Cyrl': 'Пункт', ru: 'Пункт', en: 'Point' };
  const content = {
    id: v.parse(RecordIdSchema, uuidV7(1, random)),
    scope,
    author: v.parse(PersonIdSchema, uuidV7(2, random)),
    device: v.parse(DeviceIdSchema, uuidV7(3, random)),
    capturedAt: 1_760_000_000_000,
    hlc: v.parse(HlcSchema, '0199b0000000-0000-00000001'),
    body: {
      kind: 'facility' as const,
      code: scope,
      name,
      district: '1718203',
      mahallas: [],
      isTraining: true,
    },
  };
  const op = v.parse(OperationIdSchema, uuidV7(4, random));
  return { ...content, rev: revisionOf(op, null, 'reference', content) };
}
