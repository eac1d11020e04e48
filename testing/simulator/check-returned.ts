import type { OperationId } from '#contracts/ids.ts';
import type { AnyRecord } from '#contracts/records/registry.ts';
import { type CenterTables, readCenterTables } from './center-tables.ts';
import type { ClinicWorld } from './clinic-world.ts';
import type { HeldVersion } from './held-records.ts';
import { type DurableWrite, fieldsOf, short, textOf } from './write-record.ts';

const everything = 1_000_000;

/** What a center that came back from too old a backup was without, and what of it returned (SIM-10). */
export interface Forgotten {
  /** Writes that were neither in the backup nor in an outbox any more. */
  readonly writes: number;
  /** Of these, the ones whose every value is at the center again. */
  readonly returned: number;
}

/**
 * Every version that a machine held when the center was restored has returned (SIM-17: DIG-5, EPO-4), machines that were put away since
 * excepted. Under whatever operation: the whole version, or merged with another, what was asked about in a review, or in
 * quarantine. A person at some machine may have written on it before it returned; then that action is at the center. Throws with
 * everything that has not; tells how many writes were forgotten, and returned.
 */
export async function checkReturned(world: ClinicWorld): Promise<Forgotten> {
  if (world.center.restoredAt === null) return { writes: 0, returned: 0 };
  const center = await readReturned(world);
  const wrong = world.workstations.flatMap(({ name, memory }) =>
    memory.held.owed
      .filter((held) => !center.hasReturned(held))
      .map((held) => `${held.key} ${short(held.record.rev)} of ${name}: ${center.missing(held).join(', ')}`),
  );
  if (wrong.length > 0)
    throw new Error(`${wrong.length} not returned to the restored center: ${wrong.slice(0, 8).join('\n')}`);
  const writes = [...world.forgotten].flatMap((op) => world.writes.get(op) ?? []);
  const returned = writes.filter((write) => center.hasAllOf({ key: keyOf(write), record: write.record }));
  return { writes: writes.length, returned: returned.length };
}

/** Before the center is lost again: what has returned since it was last restored is owed no more because of that time. */
export async function settleReturned(world: ClinicWorld): Promise<void> {
  if (world.center.restoredAt === null) return;
  const center = await readReturned(world);
  for (const { memory } of world.workstations) memory.held.returned((held) => center.hasReturned(held));
}

async function readReturned(world: ClinicWorld): Promise<Returned> {
  const tables: CenterTables[] = [];
  for (const scope of world.scopes) tables.push(await readCenterTables(world.postgres, scope));
  return new Returned(world, tables);
}

/** What the center has again. */
class Returned {
  /** Every value of every record that is in some version, that a review asks about, or that is in quarantine. */
  readonly #values = new Set<string>();
  readonly #builtOn: ReadonlySet<string>;

  constructor(world: ClinicWorld, tables: readonly CenterTables[]) {
    for (const { versions } of tables) {
      for (const { collection, id, body } of versions.values()) {
        const record: AnyRecord = JSON.parse(body);
        this.#add(`${collection}/${id}`, record);
        if (collection === 'reviews') this.#addAsked(record);
      }
    }
    for (const workstation of world.workstations.filter(({ isUp }) => isUp)) {
      const rows = workstation.replica.outbox.byState('quarantined', everything);
      for (const row of rows) this.#add(keyOf(row), row.record);
    }
    this.#builtOn = actionsByBase(world, tables);
  }

  hasReturned(held: HeldVersion): boolean {
    return this.hasAllOf(held) || this.#builtOn.has(baseOf(held.key, held.record.rev));
  }

  hasAllOf(held: HeldVersion): boolean {
    return this.missing(held).length === 0;
  }

  /** Names of the fields with a value that is nowhere. */
  missing({ key, record }: HeldVersion): readonly string[] {
    return Object.entries(fieldsOf(record)).flatMap(([field, value]) =>
      pieces(value).every((piece) => this.#values.has(markOf(key, field, piece))) ? [] : [field],
    );
  }

  #add(key: string, record: AnyRecord): void {
    for (const [field, value] of Object.entries(fieldsOf(record))) {
      for (const piece of pieces(value)) this.#values.add(markOf(key, field, piece));
    }
  }

  #addAsked({ body }: AnyRecord): void {
    if (!('subject' in body) || body.question.kind !== 'conflict') return;
    const key = `${body.subject.collection}/${body.subject.id}`;
    for (const { field, mine, theirs } of body.question.fields) {
      for (const text of [mine, theirs]) {
        if (text === undefined) continue;
        for (const piece of pieces(JSON.parse(text))) this.#values.add(markOf(key, field, piece));
      }
    }
  }
}

/** Versions, by record and revision, on which somebody wrote what is at the center. */
function actionsByBase(world: ClinicWorld, tables: readonly CenterTables[]): ReadonlySet<string> {
  const known = new Set<OperationId>(tables.flatMap(({ logged }) => logged.map(({ op }) => op)));
  return new Set(
    [...world.writes.all()].flatMap((write) =>
      write.isAction && write.baseRev !== null && known.has(write.op)
        ? [baseOf(keyOf(write), write.baseRev)]
        : [],
    ),
  );
}

/** Merges join lists item by item. */
const pieces = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);
const keyOf = ({ collection, record }: Pick<DurableWrite, 'collection' | 'record'>): string =>
  `${collection}/${record.id}`;
const markOf = (key: string, field: string, piece: unknown): string => `${key}\n${field}\n${textOf(piece)}`;
const baseOf = (key: string, rev: string): string => `${key}\n${rev}`;
