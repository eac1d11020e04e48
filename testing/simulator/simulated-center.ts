import { assembleCenter, type CenterCore } from '#center/center-core.ts';
import type { NewsBus } from '#center/feed/bus.ts';
import { confirmBackup, markBeforeBackup } from '#center/feed/durability.ts';
import { createLocalNews } from '#center/feed/local-news.ts';
import type { GatewayLimits } from '#center/gateway/limits.ts';
import type { Line } from '#center/gateway/line.ts';
import type { Dictionary } from '#center/gateway/packings.ts';
import { beginEpoch } from '#center/identity.ts';
import { migrate } from '#center/migrations/migrate.ts';
import type { Effects } from '#center/ports.ts';
import type { Scope } from '#contracts/ids.ts';
import type { SeededRandom } from '../doubles/seeded-random.ts';
import type { VirtualTime } from '../doubles/virtual-time.ts';
import type { Faults } from './faults.ts';
import type { PostgresInProcess } from './postgres-in-process.ts';
import { SimulatedDatabase } from './simulated-database.ts';
import type { LinkEnd } from './simulated-link.ts';
import type { Trace } from './trace.ts';

/** One process of the center, from its start to its death. */
interface Life {
  readonly bus: NewsBus;
  readonly lines: Set<LinkEnd>;
  core: CenterCore | undefined;
  isOver: boolean;
  readonly died: Promise<undefined>;
  /** Tells {@link died}. */
  readonly die: () => void;
}

/** One backup of everything, as an operator keeps it. */
export interface Backup {
  readonly schema: string;
  readonly at: number;
}

export interface CenterSurroundings {
  readonly postgres: PostgresInProcess;
  readonly time: VirtualTime;
  readonly random: SeededRandom;
  readonly faults: Faults;
  readonly trace: Trace;
}

/** A virtual day's worth of pings would be most of a run. */
const limits: Partial<GatewayLimits> = { pingMs: 4 * 60 * 60_000, silenceMs: 10 * 60 * 60_000 };
const restartMs = 60_000;

/** The center's real code on PostgreSQL in this process: its power can go at any statement, its backup can come back. */
export class SimulatedCenter {
  clockErrorMs = 0;
  /** How often the courier of the next life looks for what a dead one left. */
  courierLookMs = 24 * 60 * 60_000;
  readonly log: string[] = [];
  /** When it was last restored, by the world's time; null for never. */
  restoredAt: number | null = null;
  readonly backups: Backup[] = [];
  readonly #around: CenterSurroundings;
  readonly #dictionaries: readonly Dictionary[];
  #life: Life | undefined;
  /** What its programs last read of {@link clockErrorMs}. */
  #readErrorMs = 0;
  #backupCount = 0;

  constructor(around: CenterSurroundings, dictionaries: readonly Dictionary[]) {
    this.#around = around;
    this.#dictionaries = dictionaries;
  }

  get isUp(): boolean {
    return this.#life?.core !== undefined;
  }

  get core(): CenterCore {
    const core = this.#life?.core;
    if (core === undefined) throw new Error('the center is not running');
    return core;
  }

  /** Makes the tables of a new center. */
  async create(): Promise<void> {
    await this.#around.postgres.reset();
    await migrate(new SimulatedDatabase(this.#around.postgres, { ...unwatched }));
  }

  async start(): Promise<void> {
    if (this.#life !== undefined) return;
    const bus = createLocalNews();
    const { promise: died, resolve } = Promise.withResolvers<undefined>();
    const die = () => resolve(undefined);
    const life: Life = { bus, lines: new Set(), core: undefined, isOver: false, died, die };
    this.#life = life;
    const core = await assembleCenter({
      database: this.#databaseOf(life),
      bus,
      effects: this.#effectsOf(life),
      backup: 'operator',
      limits,
      dictionaries: () => this.#dictionaries,
      courierLookMs: this.courierLookMs,
    });
    if (!life.isOver) life.core = core;
  }

  /** Like pulling the plug: what was not committed is gone, every line is dead. It starts again after a minute. */
  cutPower(): void {
    const life = this.#life;
    if (life === undefined) return;
    this.#around.trace.note('center loses power');
    life.isOver = true;
    life.die();
    this.#life = undefined;
    for (const line of life.lines) line.terminate();
    this.#around.time.after(restartMs, () => void this.start());
  }

  /** Takes a workstation's line; false if nobody answers. */
  accept(end: LinkEnd): boolean {
    const life = this.#life;
    if (life?.core === undefined) return false;
    life.lines.add(end);
    life.core.gateway.accept(lineOf(end, () => life.isOver));
    return true;
  }

  /** Copies everything and, as an operator does, declares it safe afterwards. */
  async backUp(): Promise<void> {
    const life = this.#life;
    if (life?.core === undefined) return;
    const { postgres, time, trace } = this.#around;
    const database = new SimulatedDatabase(postgres, unwatched);
    await markBeforeBackup(database);
    this.#backupCount += 1;
    const schema = `backup_${this.#backupCount}`;
    await postgres.backUp(schema);
    if (isPowerOfTwo(this.#backupCount)) await postgres.lookAfterTables();
    this.backups.push({ schema, at: time.now() });
    if (this.backups.length > 6) {
      const [oldest] = this.backups.splice(0, 1);
      if (oldest !== undefined) await postgres.forgetBackup(oldest.schema);
    }
    await confirmBackup(database);
    trace.note('center backed up');
    life.bus.publish({ kind: 'durable' });
  }

  /**
   * The disk is lost and a backup put in its place, under a new epoch before anybody is served, as docs/runbooks/center-restore.md says.
   * `look`: what was on the disk.
   */
  async restore(backup: Backup, look: () => Promise<void>): Promise<void> {
    const { postgres, time, trace, random } = this.#around;
    trace.note('center restored', backup.schema);
    this.cutPower();
    await postgres.query('rollback');
    await look();
    await postgres.restore(backup.schema);
    // What was backed up later went with the disk.
    const later = this.backups.splice(this.backups.indexOf(backup) + 1);
    for (const { schema } of later) await postgres.forgetBackup(schema);
    const effects: Effects = { clock: this.#clock(), timers: time, random, log: () => {} };
    await beginEpoch(new SimulatedDatabase(postgres, unwatched), effects);
    this.restoredAt = time.now();
  }

  /** Undefined if its power goes meanwhile. */
  async issueCode(scope: Scope): Promise<string | undefined> {
    return await this.whileAlive(async (core) => (await core.createEnrolmentCode(scope)).code);
  }

  /** Has the center do something. Undefined if it is down, or its power goes before it says so. */
  async whileAlive<Value>(work: (core: CenterCore) => Promise<Value>): Promise<Value | undefined> {
    const life = this.#life;
    if (life?.core === undefined) return undefined;
    return await Promise.race([work(life.core), life.died]);
  }

  #databaseOf(life: Life): SimulatedDatabase {
    const { faults, postgres, trace } = this.#around;
    const strike = (name: 'center-cut-at-statement' | 'center-cut-after-commit', where: string) => {
      if (!faults.strikes(name)) return false;
      trace.note(name, where);
      if (this.#life !== undefined) faults.tookEffect(name);
      this.cutPower();
      return true;
    };
    return new SimulatedDatabase(postgres, {
      isOver: () => life.isOver,
      mayRun: (statement) => {
        trace.note('statement', statement.name);
        return life.core === undefined || !strike('center-cut-at-statement', statement.name);
      },
      mayHearOfCommit: () => life.core === undefined || !strike('center-cut-after-commit', ''),
    });
  }

  /** One that was moved takes effect when it is read. */
  #clock() {
    const { time, faults } = this.#around;
    const now = () => {
      if (this.clockErrorMs !== this.#readErrorMs) faults.tookEffect('center-clock-jump');
      this.#readErrorMs = this.clockErrorMs;
      return Math.max(0, time.now() + this.clockErrorMs);
    };
    return { now };
  }

  #effectsOf(life: Life): Effects {
    const { time, random } = this.#around;
    return {
      clock: this.#clock(),
      timers: { after: (waitMs, run) => time.after(waitMs, () => (life.isOver ? undefined : run())) },
      random,
      log: (line) => void (this.log.length < 1000 && this.log.push(line)),
    };
  }
}

/** As tables grow, what is known of them has to be renewed less and less often. */
const isPowerOfTwo = (count: number): boolean => (count & (count - 1)) === 0;
const unwatched = { isOver: () => false, mayRun: () => true, mayHearOfCommit: () => true };

/** Nothing that a dead process still does reaches the line. */
function lineOf(end: LinkEnd, isOver: () => boolean): Line {
  const living =
    <Arguments extends readonly unknown[]>(told: (...given: Arguments) => void) =>
    (...given: Arguments) => {
      if (!isOver()) told(...given);
    };
  return {
    get isOpen() {
      return end.isOpen && !isOver();
    },
    get unsentBytes() {
      return end.unsentBytes;
    },
    send: living((message) => end.send(message)),
    onMessage: (receive) => end.onMessage(living(receive)),
    onClose: (closed) => end.onClose(living(closed)),
    onDrain: (drained) => end.onDrain(living(drained)),
    pause: () => end.pause(),
    resume: () => end.resume(),
    ping: living(() => end.ping()),
    onPong: (heard) => end.onPong(living(heard)),
    close: living(() => end.close()),
    terminate: living(() => end.terminate()),
  };
}
