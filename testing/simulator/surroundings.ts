import type { OperationId } from '#contracts/ids.ts';
import type { PackingChoice } from '#sync/client/message-packing.ts';
import type { SeededRandom } from '../doubles/seeded-random.ts';
import type { Faults } from './faults.ts';
import type { SettledTime } from './settled-time.ts';
import type { SimulatedCenter } from './simulated-center.ts';
import type { Trace } from './trace.ts';
import type { WriteRecord } from './write-record.ts';

/** What every part of a simulated world shares. */
export interface Surroundings {
  readonly time: SettledTime;
  readonly random: SeededRandom;
  readonly faults: Faults;
  readonly trace: Trace;
  readonly writes: WriteRecord;
  readonly center: SimulatedCenter;
  /** What a machine can pack, drawn at each of its starts. */
  packing(): PackingChoice;
  /** A workstation believes that the center has the operation. */
  accepted(machine: string, op: OperationId): void;
  /** The exchange survived something that should not happen. */
  troubled(machine: string, trouble: unknown): void;
  /** Something that must not happen happened; ends the run. */
  fail(error: unknown): void;
}
