import * as v from 'valibot';
import type { AnyRecord, CollectionName } from '#contracts/records/registry.ts';
import type { RequestEvent } from '#contracts/records/requests.ts';
import { ReviewBodySchema } from '#contracts/records/reviews.ts';
import type { CenterTables } from './center-tables.ts';
import type { ClinicWorld } from './clinic-world.ts';
import {
  type DurableWrite,
  describeWrite,
  fieldsOfItems,
  type Item,
  itemPlace,
  itemsById,
  itemsOf,
  textOf,
  type WriteRecord,
} from './write-record.ts';

type Fault = 'is gone' | 'says something else' | 'is no longer entered in error';

/**
 * From one version to the next no item goes, comes twice, or says something else; the mark that it was entered in error stays,
 * unless somebody who had seen it took it off (SIM-20).
 */
export function checkItems(
  writes: Pick<WriteRecord, 'hadSeen'>,
  collection: CollectionName,
  was: AnyRecord,
  is: AnyRecord,
): readonly string[] {
  return fieldsOfItems(collection).flatMap((field) => {
    const kept = itemsById(is, field);
    const faults = itemsOf(was, field).flatMap((item) => {
      const now = kept.get(item.id);
      const fault = faultOf(item, now);
      if (fault === undefined) return [];
      const isChosen =
        isMarkAlone(fault) && writes.hadSeen(collection, is.id, itemPlace(field, item.id), item, now);
      return isChosen ? [] : [`item ${item.id} ${fault}`];
    });
    const isTwice = kept.size < itemsOf(is, field).length;
    return [...(isTwice ? ['an item twice'] : []), ...faults].map(
      (what) => `${collection}/${is.id} ${field}: ${what}`,
    );
  });
}

/** What acknowledged writes are compared with. */
export interface Acknowledged {
  readonly writes: Iterable<DurableWrite>;
  /** Writes that nothing has to hold: in quarantine, or forgotten everywhere (SIM-10). */
  isExempt(write: DurableWrite): boolean;
  /** By `collection/id`. */
  readonly newest: ReadonlyMap<string, AnyRecord>;
}

/**
 * Every item and every mark of an acknowledged write is in the record's newest version, whatever the exchange made of the write
 * (SIM-20). A mark that a review asks about waits for a person.
 */
export function checkAcknowledgedItems({ writes, isExempt, newest }: Acknowledged): readonly string[] {
  const asked = itemsAskedAbout(newest.values());
  const wrong = new Map<string, string>();
  for (const write of writes) {
    const { collection, record } = write;
    const is = newest.get(`${collection}/${record.id}`);
    if (is === undefined || isExempt(write)) continue;
    for (const field of fieldsOfItems(collection)) {
      const kept = new Map(itemsOf(is, field).map((item) => [item.id, untimed(item)]));
      for (const item of itemsOf(record, field)) {
        const fault = faultOf(untimed(item), kept.get(item.id));
        if (fault === undefined || (isMarkAlone(fault) && asked.has(keyOf(record.id, field, item.id))))
          continue;
        const what = `${field}: item ${item.id} ${fault} at last`;
        // Later writes hold it too: the first one tells most.
        if (!wrong.has(what)) wrong.set(what, `${what}, of ${describeWrite(write)}`);
      }
    }
  }
  return [...wrong.values()];
}

/** The newest version of each record, at its home. */
export function newestRecords(tables: readonly CenterTables[]): ReadonlyMap<string, AnyRecord> {
  const records = new Map<string, AnyRecord>();
  for (const { newest } of tables) {
    for (const [key, { home, body }] of newest) if (home === null) records.set(key, JSON.parse(body));
  }
  return records;
}

/**
 * The writes without those in quarantine, forgotten ones, and what the exchange put aside by itself; what took the place of one in
 * quarantine at the center is exempt with it (MRG-7).
 */
export function exemptWrites(
  world: ClinicWorld,
  tables: readonly CenterTables[],
): (write: DurableWrite) => boolean {
  const known = new Set<string>(tables.flatMap(({ logged }) => logged.map(({ op }) => op)));
  const quarantined = new Set<string>([
    ...tables.flatMap((center) => [...center.quarantined]),
    ...world.workstations.flatMap(({ replica }) =>
      replica.outbox.byState('quarantined', everything).map(({ op }) => op),
    ),
  ]);
  return ({ op, isAction, supersedes = [] }) =>
    quarantined.has(op) ||
    // What the exchange made only to be kept in the record's history (EPO-4).
    (!isAction && world.writes.wasPutAside(op)) ||
    (world.forgotten.has(op) && !known.has(op)) ||
    supersedes.some((each) => quarantined.has(each));
}

const everything = 1_000_000;

function faultOf(was: Item, is: Item | undefined): Fault | undefined {
  if (is === undefined) return 'is gone';
  const { enteredInError: wasMarked, ...content } = was;
  const { enteredInError: isMarked, ...contentNow } = is;
  if (textOf(content) !== textOf(contentNow)) return 'says something else';
  return wasMarked === true && isMarked !== true ? 'is no longer entered in error' : undefined;
}

/** Of what only the center says the moment counts when it said it last: after a restore it says it again (SHA-5). */
const saidByCenter: ReadonlySet<unknown> = new Set<RequestEvent['kind']>([
  'granted',
  'not-found',
  'moved',
  'ended',
]);

function untimed(item: Item): Item {
  if (!saidByCenter.has(item.kind)) return item;
  const { at: _at, until: _until, ...said } = item;
  return { ...said, id: item.id };
}

const isMarkAlone = (fault: Fault): boolean => fault === 'is no longer entered in error';

/** Items that both sides changed, of every conflict that was brought before a person. */
function itemsAskedAbout(records: Iterable<AnyRecord>): ReadonlySet<string> {
  const asked = new Set<string>();
  for (const { body } of records) {
    if (!v.is(ReviewBodySchema, body)) continue;
    const { subject, question } = body;
    if (question.kind !== 'conflict') continue;
    for (const { field, itemId } of question.fields)
      if (itemId !== undefined) asked.add(keyOf(subject.id, field, itemId));
  }
  return asked;
}

const keyOf = (...parts: readonly string[]): string => parts.join('/');
