import * as v from 'valibot';
import { DeviceIdSchema, RecordIdSchema, RevisionSchema, ScopeSchema } from '#contracts/ids.ts';
import { CollectionNameSchema } from '#contracts/records/registry.ts';
import { dayInUzbekistan } from '../calendar.ts';
import type { Effects } from '../ports.ts';
import { bigint, type Database, type Statement } from '../postgres/database.ts';

const readFacilities: Statement = {
  name: 'overview-facilities',
  text: `
select f.scope, f.names, f.is_training, h.head, h.received, h.received_day, h.received_on_day,
  (select count(*) from quarantine q where q.scope = f.scope) as quarantined
from facility f join scope_head h on h.scope = f.scope order by f.scope limit 1000`,
};
const FacilityRowSchema = v.object({
  scope: ScopeSchema,
  names: v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.string())),
  is_training: v.boolean(),
  head: bigint,
  received: bigint,
  received_day: bigint,
  received_on_day: bigint,
  quarantined: bigint,
});

const readRollbacks: Statement = {
  name: 'overview-rollbacks',
  text: 'select device, min(at) as at from audit_head where finding is not null group by device limit 5000',
};
const RollbackRowSchema = v.object({ device: DeviceIdSchema, at: bigint });

const readDevices: Statement = {
  name: 'overview-devices',
  text: `
select id, scope, label, program, enrolled_at, revoked_at, cloned_at, last_contact_at, backlog, oldest_pending_at,
  quarantined, open_reviews, clock_error, healed, wipe_ordered_at, wiped_at
from device order by scope, enrolled_at limit 5000`,
};
const DeviceRowSchema = v.object({
  id: DeviceIdSchema,
  scope: ScopeSchema,
  label: v.string(),
  program: v.string(),
  enrolled_at: bigint,
  revoked_at: v.nullable(bigint),
  cloned_at: v.nullable(bigint),
  last_contact_at: v.nullable(bigint),
  backlog: v.nullable(bigint),
  oldest_pending_at: v.nullable(bigint),
  quarantined: v.nullable(bigint),
  open_reviews: v.nullable(bigint),
  clock_error: v.nullable(bigint),
  healed: v.nullable(bigint),
  wipe_ordered_at: v.nullable(bigint),
  wiped_at: v.nullable(bigint),
});
type DeviceRow = v.InferOutput<typeof DeviceRowSchema>;

/** The newest records of every facility, of which the newest of all are shown. No more than some thousand entries are looked at. */
const readReceived: Statement = {
  name: 'overview-received',
  text: `
select r.scope, r.seq, r.collection, r.id, r.rev, r.device, r.at from facility f
cross join lateral (
  select * from feed
  where scope = f.scope and device is not null and seq > (select head from scope_head where scope = f.scope) - 5000
  order by seq desc limit $1
) as r order by r.at desc, r.seq desc limit $1`,
};
const ReceivedRowSchema = v.object({
  scope: ScopeSchema,
  seq: bigint,
  collection: CollectionNameSchema,
  id: RecordIdSchema,
  rev: RevisionSchema,
  device: DeviceIdSchema,
  at: bigint,
});

const receivedShown = 60;

/** What the center's page shows. Counts, ids and times only: no patient's name, no body of a record. */
export interface Overview {
  readonly at: number;
  readonly facilities: readonly FacilityView[];
  readonly received: readonly ReceivedView[];
}

export interface FacilityView {
  readonly scope: string;
  readonly names: Readonly<Record<string, string>>;
  readonly isTraining: boolean;
  /** Records in the feed, those the center wrote included. */
  readonly head: number;
  readonly received: number;
  readonly receivedToday: number;
  readonly quarantined: number;
  readonly devices: readonly DeviceView[];
}

export interface DeviceView {
  readonly id: string;
  readonly label: string;
  readonly program: string;
  readonly state: 'enrolled' | 'revoked' | 'cloned' | 'wipeOrdered' | 'wiped';
  readonly enrolledAt: number;
  readonly lastContactAt: number | null;
  readonly backlog: number | null;
  readonly oldestPendingAt: number | null;
  readonly quarantined: number | null;
  readonly openReviews: number | null;
  /** How far the workstation's clock is ahead of the center's, in milliseconds. */
  readonly clockErrorMs: number | null;
  /** Records found different from the center's and healed. */
  readonly healed: number | null;
  /** When its audit trail was first found not to continue what it had told before; null for never. */
  readonly rolledBackAt: number | null;
}

export interface ReceivedView {
  readonly scope: string;
  readonly seq: number;
  readonly collection: string;
  readonly id: string;
  readonly rev: string;
  readonly device: string;
  readonly at: number;
}

/** Reads what the page shows. */
export async function readOverview(database: Database, effects: Effects): Promise<Overview> {
  const at = effects.clock.now();
  const facilities = await database.rows(readFacilities, FacilityRowSchema, []);
  const devices = await database.rows(readDevices, DeviceRowSchema, []);
  const rollbacks = await database.rows(readRollbacks, RollbackRowSchema, []);
  const rolledBackAt = new Map(rollbacks.map(({ device, at: since }) => [device, since]));
  const received = await database.rows(readReceived, ReceivedRowSchema, [receivedShown]);
  const today = dayInUzbekistan(at);
  return {
    at,
    facilities: facilities.map((row) => ({
      scope: row.scope,
      names: row.names,
      isTraining: row.is_training,
      head: row.head,
      received: row.received,
      receivedToday: row.received_day === today ? row.received_on_day : 0,
      quarantined: row.quarantined,
      devices: devices
        .filter((device) => device.scope === row.scope)
        .map((device) => viewDevice(device, rolledBackAt.get(device.id) ?? null)),
    })),
    received,
  };
}

function viewDevice(row: DeviceRow, rolledBackAt: number | null): DeviceView {
  return {
    id: row.id,
    label: row.label,
    program: row.program,
    state: stateOf(row),
    enrolledAt: row.enrolled_at,
    lastContactAt: row.last_contact_at,
    backlog: row.backlog,
    oldestPendingAt: row.oldest_pending_at,
    quarantined: row.quarantined,
    openReviews: row.open_reviews,
    clockErrorMs: row.clock_error,
    healed: row.healed,
    rolledBackAt,
  };
}

function stateOf(row: DeviceRow): DeviceView['state'] {
  if (row.wiped_at !== null) return 'wiped';
  if (row.wipe_ordered_at !== null) return 'wipeOrdered';
  if (row.revoked_at !== null) return 'revoked';
  return row.cloned_at === null ? 'enrolled' : 'cloned';
}
