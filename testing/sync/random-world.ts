import type { RecordId } from '#contracts/ids.ts';
import type { PackingChoice } from '#sync/client/message-packing.ts';
import type { Fate, Faults } from '../doubles/memory-transport.ts';
import type { SeededRandom } from '../doubles/seeded-random.ts';
import { checkInvariants } from './invariants.ts';
import { facility, SyncWorld, type Workstation } from './sync-world.ts';
import { amendPatient, continueVisit, registerPatient, startVisit, voidPatient } from './world-edits.ts';

/** What may happen in a random world beside writing. */
export interface Weather {
  readonly steps: number;
  /** Chance of a fault for each message. */
  readonly faultRate: number;
  /** The center may lose its newest writes and come back under a new epoch. */
  readonly restores: boolean;
  /** The center puts rows off, sometimes after it applied them. */
  readonly putsOff: boolean;
  /** Clocks jump by years. */
  readonly clockJumps: boolean;
}

const years = 365 * 24 * 60 * 60_000;

/** Runs one seeded world to its end and checks what must hold of it. Throws with the seed if it does not. */
export async function runRandomWorld(
  seed: number,
  weather: Weather,
  packing?: PackingChoice,
): Promise<SyncWorld> {
  const world = new SyncWorld(seed);
  const { random } = world;
  world.center.packing = packing;
  world.packing = packing;
  await world.start(2 + random.below(3));
  const story = new Story(world, weather);
  for (let step = 0; step < weather.steps; step += 1) await story.step();
  const hasHealed = await world.heal();
  if (!hasHealed) throw new Error(`seed ${seed} does not come to rest: ${describeUnrest(world)}`);
  checkInvariants(world, `seed ${seed}`, {
    mayMisunderstand: weather.faultRate > 0,
    mayHeal: weather.restores,
  });
  return world;
}

class Story {
  readonly #world: SyncWorld;
  readonly #weather: Weather;
  readonly #random: SeededRandom;
  readonly #patients: RecordId[] = [];
  readonly #visits: RecordId[] = [];
  #backup: ReturnType<SyncWorld['center']['backUp']>;

  constructor(world: SyncWorld, weather: Weather) {
    this.#world = world;
    this.#weather = weather;
    this.#random = world.random;
    this.#backup = world.center.backUp();
    const { center } = world;
    if (weather.putsOff) {
      center.moods.putOff = () => (this.#random.chance(0.9) ? 'no' : this.#random.pick(['before', 'after']));
    }
    for (const workstation of world.workstations)
      workstation.faults = faultsOf(this.#random, weather.faultRate);
  }

  async step(): Promise<void> {
    const workstation = this.#random.pick(this.#world.workstations);
    if (!workstation.isUp) workstation.start();
    for (let edits = this.#random.below(4); edits > 0 && workstation.isUp; edits -= 1)
      this.#edit(workstation);
    this.#disturb(workstation);
    await this.#world.time.advance(this.#random.pick([0, 5, 60, 300, 3000, 40_000]));
  }

  #edit(workstation: Workstation): void {
    const { patients, visits } = { patients: this.#patients, visits: this.#visits };
    const roll = this.#random.next();
    if (roll < 0.12 || patients.length === 0) patients.push(registerPatient(this.#world, workstation));
    else if (roll < 0.22 || visits.length === 0) visits.push(startVisit(this.#world, workstation));
    else if (roll < 0.28) voidPatient(this.#world, workstation, this.#random.pick(patients));
    else if (roll < 0.65) amendPatient(this.#world, workstation, this.#random.pick(patients));
    else continueVisit(this.#world, workstation, this.#random.pick(visits));
  }

  #disturb(workstation: Workstation): void {
    const { center } = this.#world;
    const roll = this.#random.next();
    if (roll < 0.1) workstation.goOffline();
    else if (roll < 0.3) workstation.isOnline = true;
    else if (roll < 0.36) workstation.kill();
    else if (roll < 0.42 && workstation.isUp) this.#killSoon(workstation);
    else if (roll < 0.48) workstation.cutLink();
    else if (roll < 0.52) center.restart();
    else if (roll < 0.56) this.#backUp();
    else if (roll < 0.58 && this.#weather.restores) center.restore(this.#backup);
    else if (roll < 0.62 && this.#weather.clockJumps)
      workstation.clockErrorMs = this.#random.pick([0, -20, 7]) * years;
  }

  #killSoon(workstation: Workstation): void {
    workstation.killAt(1 + this.#random.below(4), this.#random.pick(['before', 'after'] as const));
  }

  /** What is in the backup may be forgotten by the workstations; nothing else. */
  #backUp(): void {
    this.#backup = this.#world.center.backUp();
    this.#world.center.declareDurable(facility);
  }
}

/** Faults of one link: rare, of every kind. */
export function faultsOf(random: SeededRandom, rate: number): Faults {
  const fates: readonly Fate[] = ['cut-before', 'cut-after', 'duplicate', 'drop', 500, 5000];
  return () => (random.chance(rate) ? random.pick(fates) : 'deliver');
}

function describeUnrest(world: SyncWorld): string {
  const each = world.workstations.map(({ client, replica }) => {
    const { link, refusal, unsent } = client.state();
    return `${link} ${refusal} ${unsent} ${replica.outbox
      .pending(3)
      .map((row) => `${row.collection} ${row.baseRev?.slice(0, 6)}`)
      .join(',')}`;
  });
  return `head ${world.head()}; ${each.join('; ')}`;
}
