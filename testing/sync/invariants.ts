import { expect } from 'vitest';
import type { RecordId } from '#contracts/ids.ts';
import { type AnyRecord, collectionNames } from '#contracts/records/registry.ts';
import { SessionEnd } from '#sync/client/session-end.ts';
import { canonicalJson } from '#sync/merge/canonical-json.ts';
import type { HistoryEntry } from '../doubles/memory-center-state.ts';
import { facility, type SyncWorld, type Workstation } from './sync-world.ts';
import { fieldsOf } from './write-ledger.ts';

/** Fields whose every value is written once in a world, so that each overwrite can be traced to who had seen what. */
const tracedFields = { patients: ['name', 'phone', 'address', 'voided'], visits: ['reason'] } as const;
const itemFields = { patients: ['allergies'], visits: ['entries'] } as const;
type Traced = keyof typeof tracedFields;

/** What a world went through that excuses some of it. */
export interface Circumstances {
  /** Links that repeat or lose single messages: client and center misunderstand each other now and then. */
  readonly mayMisunderstand?: boolean;
  /** A workstation was destroyed with its disk after the center lost what it sent: contents live on in other replicas. */
  readonly wasMachineLost?: boolean;
  /** The center lost something, or somebody altered what lies on a disk. */
  readonly mayHeal?: boolean;
}

/**
 * What must hold of every world once it has healed (DESIGN section 6). `label` names the seed in a failure.
 */
export function checkInvariants(world: SyncWorld, label: string, circumstances: Circumstances = {}): void {
  checkNothingPending(world, label);
  checkConvergence(world, label);
  if (circumstances.wasMachineLost) checkContentKept(world, label);
  else checkNothingLost(world, label);
  checkHistory(world, label);
  for (const { identity, trouble } of world.workstations) {
    expect(world.center.isCloned(identity.device), `${label}: taken for a clone`).toBe(false);
    const unexpected = trouble.filter(
      (each) => !(circumstances.mayMisunderstand && each instanceof SessionEnd),
    );
    expect(unexpected.map(String), `${label}: trouble`).toEqual([]);
  }
  if (!circumstances.mayHeal) checkNothingHealed(world, label);
}

function checkNothingPending(world: SyncWorld, label: string): void {
  for (const { replica, disk } of world.workstations) {
    expect(replica.outbox.counts(), `${label}: pending`).toMatchObject({ pending: 0, aside: 0 });
    const isShadowed = collectionNames.filter((name) => disk.shadows[name].size > 0);
    if (replica.outbox.counts().quarantined === 0) expect(isShadowed, `${label}: shadows left`).toEqual([]);
  }
}

/** Every workstation holds what the center holds, except records whose edits are in quarantine. */
function checkConvergence(world: SyncWorld, label: string): void {
  const documents = world.center.documents(facility);
  for (const workstation of world.workstations) {
    const quarantined = new Set(
      workstation.replica.outbox
        .byState('quarantined', 10_000)
        .map((row) => `${row.collection}/${row.record.id}`),
    );
    const held = recordsOf(workstation);
    for (const [key, { record }] of documents) {
      if (quarantined.has(key)) continue;
      expect(textOf(held.get(key)), `${label}: ${key} differs`).toBe(textOf(record));
    }
    for (const key of held.keys()) {
      if (!quarantined.has(key)) expect(documents.has(key), `${label}: ${key} is only here`).toBe(true);
    }
  }
}

function recordsOf({ disk }: Workstation): ReadonlyMap<string, AnyRecord> {
  const held = new Map<string, AnyRecord>();
  for (const name of collectionNames) {
    for (const [id, record] of disk.records[name]) held.set(`${name}/${id}`, record);
  }
  return held;
}

const textOf = (value: unknown): string => (value === undefined ? 'nothing' : canonicalJson(value));

/** Every acknowledged write is itself in history, as a version or aside (PUSH-13), or in quarantine at either end. */
function checkNothingLost(world: SyncWorld, label: string): void {
  const { center } = world;
  const kept = new Set<unknown>([
    ...center.history(facility).map((entry) => entry.record.rev),
    ...center.quarantine().map(({ row }) => revOf(row)),
    ...world.workstations.flatMap(({ replica }) =>
      replica.outbox.byState('quarantined', 10_000).map((row) => row.record.rev),
    ),
  ]);
  expect(
    world.ledger.writes.filter(({ rev }) => !kept.has(rev)),
    `${label}: lost`,
  ).toEqual([]);
}

/** The content of every acknowledged write, or of a later one by somebody who had seen it, is in history. */
function checkContentKept({ center, ledger }: SyncWorld, label: string): void {
  const kept = center
    .history(facility)
    .map((entry) => canonicalJson(entry.record))
    .join('\n');
  expect(
    ledger.lost((token) => kept.includes(token)),
    `${label}: lost`,
  ).toEqual([]);
}

/** The exchange alone keeps everybody equal; the digest must find nothing, or it would hide a defect (DIG-6). */
function checkNothingHealed(world: SyncWorld, label: string): void {
  for (const { disk } of world.workstations) {
    expect(disk.settings.get('sync.healed'), `${label}: healed`).toBeUndefined();
  }
}

const revOf = (row: unknown): unknown =>
  typeof row === 'object' && row !== null && 'rev' in row ? row.rev : undefined;

function checkHistory(world: SyncWorld, label: string): void {
  const history = world.center.history(facility);
  expect(new Set(history.map(({ op }) => op)).size, `${label}: applied twice`).toBe(history.length);
  const versions = new Map<string, HistoryEntry[]>();
  for (const entry of history.filter(({ isAside }) => !isAside)) {
    const key = `${entry.collection}/${entry.record.id}`;
    versions.set(key, [...(versions.get(key) ?? []), entry]);
  }
  for (const line of versions.values()) {
    for (const [index, entry] of line.entries()) checkStep(world, line[index - 1], entry, label);
  }
}

/** One version of the center and the next: nothing unseen overwritten, nothing appended lost. */
function checkStep(
  world: SyncWorld,
  before: HistoryEntry | undefined,
  after: HistoryEntry,
  label: string,
): void {
  expect(after.baseRev, `${label}: base of a version`).toBe(before?.record.rev ?? null);
  const { collection } = after;
  if (before === undefined || (collection !== 'patients' && collection !== 'visits')) return;
  checkAtoms(world, collection, before.record, after.record, label);
  for (const field of itemFields[collection]) {
    const ids = (record: AnyRecord) => idsOf(fieldsOf(record)[field]);
    const left = ids(after.record);
    expect(new Set(left).size, `${label}: an item twice`).toBe(left.length);
    expect(
      ids(before.record).filter((id) => !left.includes(id)),
      `${label}: items lost`,
    ).toEqual([]);
  }
}

function checkAtoms(
  world: SyncWorld,
  collection: Traced,
  before: AnyRecord,
  after: AnyRecord,
  label: string,
): void {
  const id: RecordId = after.id;
  for (const field of tracedFields[collection]) {
    const [was, is] = [fieldsOf(before)[field], fieldsOf(after)[field]];
    if (was === undefined || textOf(was) === textOf(is)) continue;
    const hadSeen = world.ledger.hadSeen(collection, id, field, was, is);
    expect(
      hadSeen,
      `${label}: ${collection} ${field} ${textOf(was)} overwritten unseen by ${textOf(is)}`,
    ).toBe(true);
  }
}

const idsOf = (items: unknown): readonly string[] =>
  Array.isArray(items) ? items.map((item: { readonly id: string }) => item.id) : [];
