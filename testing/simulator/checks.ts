import * as v from 'valibot';
import type { OperationId, Revision } from '#contracts/ids.ts';
import { type AnyRecord, collectionNames, recordSchemas } from '#contracts/records/registry.ts';
import { digestBuckets } from '#contracts/wire/protocol.ts';
import { readHealed } from '#sync/client/sync-memory.ts';
import { canonicalJson } from '#sync/merge/canonical-json.ts';
import { bucketOf, RecordDigest } from '#sync/merge/digest.ts';
import { revisionOf } from '#sync/merge/revision.ts';
import { type CenterTables, readCenterTables, type Version } from './center-tables.ts';
import type { ClinicWorld } from './clinic-world.ts';
import { checkAcknowledgedItems, checkItems, exemptWrites, newestRecords } from './item-checks.ts';
import { describeWrite, fieldsOf, short, textOf, tracedFields } from './write-record.ts';

const everything = 1_000_000;

/** What must hold of a world that has healed. Throws with everything that does not. */
export async function checkWorld(world: ClinicWorld): Promise<void> {
  const tables: CenterTables[] = [];
  for (const scope of world.scopes) tables.push(await readCenterTables(world.postgres, scope));
  const all = everywhere(tables);
  const wrong = [
    ...checkNothingLost(world, all),
    ...tables.flatMap((center) => [
      ...checkHistory(world, center, all),
      ...checkConvergence(world, center),
      ...checkDigests(center),
    ]),
    ...checkCopies(tables),
    ...checkAcknowledgedItems({
      writes: world.writes.all(),
      isExempt: exemptWrites(world, tables),
      newest: newestRecords(tables),
    }),
    ...checkMachines(world),
  ];
  if (wrong.length > 0) throw new Error(`${wrong.length} wrong: ${wrong.slice(0, 8).join('\n')}`);
}

/** Every durable write is in the center's history, or in quarantine at both ends; it by itself, by its operation. */
function checkNothingLost(world: ClinicWorld, center: Everywhere): readonly string[] {
  const revisions = new Map<string, Revision>(center.logged.map(({ op, rev }) => [op, rev]));
  const quarantined = new Set<OperationId>(
    world.workstations
      .flatMap(({ replica }) => replica.outbox.byState('quarantined', everything))
      .map(({ op }) => op),
  );
  const wrong: string[] = [];
  for (const write of world.writes.all()) {
    const { op, collection, record } = write;
    if (center.quarantined.has(op) || quarantined.has(op)) continue;
    if (world.forgotten.has(op) && !revisions.has(op)) continue;
    if (!revisions.has(op)) wrong.push(`lost: ${describeWrite(write)}`);
    else {
      const version = center.versions.get(`${collection}/${record.id}/${record.rev}`);
      if (version === undefined) wrong.push(`without content at the center: ${describeWrite(write)}`);
      else if (textOf(JSON.parse(version.body)) !== textOf(record))
        wrong.push(`other content: ${describeWrite(write)}`);
    }
  }
  return wrong;
}

/** One place of a record in the feed. */
interface Step {
  readonly version: Version;
  /** Null for what the center wrote itself. */
  readonly op: OperationId | null;
}

/** Each version is built on the one before it; nothing unseen was overwritten, nothing appended is gone. */
function checkHistory(world: ClinicWorld, center: CenterTables, all: Everywhere): readonly string[] {
  const wrong: string[] = [];
  const operationOf = new Map(center.logged.map(({ op, rev }) => [rev, op]));
  const steps = new Map<string, Step[]>();
  for (const { collection, id, rev } of center.feed) {
    const key = `${collection}/${id}`;
    if (rev === null || all.travelled.has(key)) continue;
    const version = center.versions.get(`${key}/${rev}`);
    if (version === undefined) wrong.push(`${key} ${short(rev)} is in the feed and nowhere else`);
    else steps.set(key, [...(steps.get(key) ?? []), { version, op: operationOf.get(rev) ?? null }]);
  }
  for (const [key, line] of steps) wrong.push(...checkLine(world, line, center.newest.get(key)));
  return [...wrong, ...checkTravelled(world, center, all)];
}

/**
 * Of a record that was in more than one facility the feeds hold copies and not one line: each write taken here has to be built
 * on a version the center has, with nothing unseen overwritten in it.
 */
function checkTravelled(world: ClinicWorld, center: CenterTables, all: Everywhere): readonly string[] {
  const wrong: string[] = [];
  const feed = new Set(center.feed.map(({ collection, id }) => `${collection}/${id}`));
  for (const { op, rev } of center.logged) {
    const write = world.writes.get(op);
    if (write === undefined || world.writes.wasPutAside(op)) continue;
    const { collection, record, baseRev } = write;
    const key = `${collection}/${record.id}`;
    if (!all.travelled.has(key) || !feed.has(key)) continue;
    const version = all.versions.get(`${key}/${rev}`);
    const before = baseRev === null ? undefined : all.versions.get(`${key}/${baseRev}`);
    if (version === undefined) wrong.push(`${key} ${short(rev)} is in the feed and nowhere else`);
    else if (baseRev !== null && before === undefined)
      wrong.push(`the base of ${describeWrite(write)} is nowhere`);
    else wrong.push(...checkStep(world, before, version, op));
  }
  return wrong;
}

/**
 * A copy in another facility is its home's newest version (SHR-4, SHR-8), and a record has one home; after a restore to
 * before a move too (SHA-11).
 */
function checkCopies(tables: readonly CenterTables[]): readonly string[] {
  const wrong: string[] = [];
  const homes = new Map<string, string>();
  for (const { scope, newest } of tables) {
    for (const [key, { home, rev }] of newest) {
      if (home === null) {
        if (homes.has(key)) wrong.push(`${key} is at home in ${homes.get(key)} and ${scope}`);
        homes.set(key, scope);
        continue;
      }
      const original = tables.find((other) => other.scope === home)?.newest.get(key);
      // Copies of others' visits stay as they were after a move (SHR-7).
      if (original?.rev !== rev && !key.startsWith('visits/'))
        wrong.push(`${scope} holds ${key} as ${short(rev)}, its home as ${short(original?.rev)}`);
    }
  }
  return wrong;
}

/** What the center holds of all facilities together. */
interface Everywhere extends Pick<CenterTables, 'versions' | 'logged' | 'quarantined'> {
  /** Records that were in more than one facility, by `collection/id`. */
  readonly travelled: ReadonlySet<string>;
}

function everywhere(tables: readonly CenterTables[]): Everywhere {
  const places = new Map<string, Set<string>>();
  for (const { scope, feed } of tables) {
    for (const { collection, id } of feed) {
      const key = `${collection}/${id}`;
      places.set(key, (places.get(key) ?? new Set()).add(scope));
    }
  }
  return {
    versions: new Map(tables.flatMap(({ versions }) => [...versions])),
    logged: tables.flatMap(({ logged }) => logged),
    quarantined: new Set(tables.flatMap(({ quarantined }) => [...quarantined])),
    travelled: new Set([...places].flatMap(([key, scopes]) => (scopes.size > 1 ? [key] : []))),
  };
}

/** The versions of one record in the order they came to be. */
function checkLine(
  world: ClinicWorld,
  line: readonly Step[],
  newest: Version | undefined,
): readonly string[] {
  const wrong: string[] = [];
  const order = new Map<string, number>();
  let before: Version | undefined;
  for (const [at, { version, op }] of line.entries()) {
    if (op !== null) {
      if (isAside(world, before, { version, op }, line.slice(at + 1), newest)) continue;
      wrong.push(...checkStep(world, before, version, op), ...checkOrder(world, op, order));
    }
    before = version;
  }
  if (before?.rev !== newest?.rev)
    wrong.push(`the last version of ${newest?.collection}/${newest?.id} is not the newest`);
  return wrong;
}

/** Whether the version is only kept: it was put aside at its workstation, and nothing was built on it at the center. */
function isAside(
  world: ClinicWorld,
  before: Version | undefined,
  { version, op }: Step & { readonly op: OperationId },
  later: readonly Step[],
  newest: Version | undefined,
): boolean {
  if (!world.writes.wasPutAside(op)) return false;
  if (!isBuiltOn(version, op, before)) return true;
  return (
    version.rev !== newest?.rev &&
    !later.some((step) => step.op !== null && isBuiltOn(step.version, step.op, version))
  );
}

function isBuiltOn(version: Version, op: OperationId, before: Version | undefined): boolean {
  const record: AnyRecord = JSON.parse(version.body);
  return revisionOf(op, before?.rev ?? null, version.collection, record) === version.rev;
}

function checkStep(
  world: ClinicWorld,
  before: Version | undefined,
  after: Version,
  op: OperationId,
): readonly string[] {
  const { collection, id } = after;
  const key = `${collection}/${id}`;
  const is = parse(after);
  const was = before === undefined ? undefined : parse(before);
  if (is === undefined) return [`${key} ${short(after.rev)} fits no schema`];
  const wrong: string[] = [];
  if (revisionOf(op, before?.rev ?? null, collection, is) !== after.rev) {
    wrong.push(`${key} ${short(after.rev)} is not built on ${short(before?.rev)}`);
  }
  if (was === undefined) return wrong;
  for (const field of tracedFields[collection] ?? []) {
    const [old, fresh] = [fieldsOf(was)[field], fieldsOf(is)[field]];
    if (old === undefined || textOf(old) === textOf(fresh)) continue;
    if (!world.writes.hadSeen(collection, id, field, old, fresh)) {
      wrong.push(
        `${key} ${field} ${textOf(old)} overwritten unseen by ${textOf(fresh)} at ${describe(world, op)}`,
      );
    }
  }
  return [
    ...wrong,
    ...checkItems(world.writes, collection, was, is).map((what) => `${what} at ${describe(world, op)}`),
  ];
}

function describe(world: ClinicWorld, op: OperationId): string {
  const write = world.writes.get(op);
  return write === undefined ? `unknown operation ${op}` : describeWrite(write);
}

/** Of one machine, the versions of one record stand in the order they were written in. */
function checkOrder(world: ClinicWorld, op: OperationId, order: Map<string, number>): readonly string[] {
  const write = world.writes.get(op);
  if (write === undefined) return [`the center has ${op}, which nobody wrote`];
  const last = order.get(write.machine) ?? -1;
  order.set(write.machine, write.order);
  return write.order > last ? [] : [`out of order: ${describeWrite(write)}`];
}

/** Every workstation holds what the center holds; records with an edit in quarantine or that nobody can read excepted. */
function checkConvergence(world: ClinicWorld, center: CenterTables): readonly string[] {
  const wrong: string[] = [];
  for (const { name, replica, scope } of world.workstations) {
    if (scope !== center.scope) continue;
    const quarantined = new Set(
      replica.outbox
        .byState('quarantined', everything)
        .map(({ collection, record }) => `${collection}/${record.id}`),
    );
    const held = new Map<string, AnyRecord>();
    for (const collection of collectionNames) {
      for (const record of replica.find(collection, {})) held.set(`${collection}/${record.id}`, record);
    }
    for (const [key, version] of center.newest) {
      if (quarantined.has(key) || parse(version) === undefined) continue;
      const record = held.get(key);
      if (record === undefined) wrong.push(`${name} lacks ${key} ${short(version.rev)}`);
      else if (canonicalJson(record) !== canonicalJson(JSON.parse(version.body))) {
        wrong.push(`${name} holds ${key} as ${short(record.rev)}, the center as ${short(version.rev)}`);
      }
    }
    for (const key of held.keys()) {
      if (!center.newest.has(key) && !quarantined.has(key)) wrong.push(`${key} is only on ${name}`);
    }
  }
  return wrong;
}

/** The center's digests are those of its newest versions (DIG-1). */
function checkDigests(center: CenterTables): readonly string[] {
  const buckets = Array.from({ length: digestBuckets }, () => new RecordDigest());
  for (const { collection, id, rev } of center.newest.values())
    buckets[bucketOf(id)]?.toggle(collection, id, rev);
  return buckets.flatMap((bucket, number) =>
    bucket.toString() === center.digests[number]
      ? []
      : [`the center's digest of bucket ${number} is not that of its records`],
  );
}

function checkMachines(world: ClinicWorld): readonly string[] {
  return world.workstations.flatMap(({ name, replica, wasOld }) => {
    const { firstBroken } = replica.verifyAudit();
    const shadows = replica.sync.shadows().length;
    const { quarantined } = replica.outbox.counts();
    const healed = readHealed(replica);
    return [
      // Only a restored center leaves anything to heal, and version 1, which takes nothing off: the feeds alone bring everything.
      ...(healed === 0 || world.center.restoredAt !== null || (wasOld && world.scopes.length > 1)
        ? []
        : [`${name}: ${healed} records had to be healed`]),
      ...(firstBroken === null ? [] : [`${name}: the audit trail is broken at ${firstBroken}`]),
      ...(shadows > 0 && quarantined === 0 ? [`${name}: ${shadows} shadows are left`] : []),
    ];
  });
}

function parse({ collection, body }: Version): AnyRecord | undefined {
  // Not as the schema gives it back: fields of a newer version count too.
  const record: AnyRecord = JSON.parse(body);
  return v.is(recordSchemas[collection], record) ? record : undefined;
}
