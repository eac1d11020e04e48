import type { DeviceId, Scope } from '#contracts/ids.ts';
import type { RecordOf } from '#contracts/records/registry.ts';
import { createHeadBook } from './audit/head-book.ts';
import { createEnrolmentDesk, type EnrolmentCode, type EnrolmentDesk } from './enrolment.ts';
import { type CenterRecord, createFacility, hasNoFacility, loadRecords } from './facilities.ts';
import type { NewsBus } from './feed/bus.ts';
import { type BackupPolicy, createDurableReader } from './feed/durability.ts';
import { createDeviceBook, type DeviceBook } from './gateway/device-book.ts';
import { createGateway, type Gateway } from './gateway/gateway.ts';
import { defaultLimits, type GatewayLimits } from './gateway/limits.ts';
import type { Dictionary } from './gateway/packings.ts';
import { type CenterIdentity, loadIdentity, readEpoch } from './identity.ts';
import { createIngest } from './ingest/push-batch.ts';
import type { Effects } from './ports.ts';
import type { Database } from './postgres/database.ts';
import { createReviewDesk, type ReviewDesk } from './reviews/review-desk.ts';
import type { Courier } from './sharing/courier.ts';
import { createKnownHomes } from './sharing/known-homes.ts';
import { startSharing } from './sharing/sharing.ts';
import type { SharingContext } from './sharing/sharing-context.ts';
import { createStaffDesk, type StaffDesk } from './staff/staff-keys.ts';

/** What a center stands on. The database has its tables already (`migrate`). */
export interface CenterFoundation {
  readonly database: Database;
  readonly bus: NewsBus;
  readonly effects: Effects;
  readonly backup: BackupPolicy;
  readonly limits?: Partial<GatewayLimits>;
  /** How long a workstation may work without a welcome; 90 days unless told otherwise. */
  readonly offlineLimitMs?: number;
  /** Packing dictionaries that workstations may begin with; none unless told otherwise. */
  readonly dictionaries?: () => readonly Dictionary[];
  /** How often the courier looks for errands of other processes; every minute unless told otherwise. */
  readonly courierLookMs?: number;
}

/** How long a workstation may work without a welcome (docs/specs/sync.md WIP-2). */
export const defaultOfflineLimitMs = 90 * 24 * 3_600_000;

/** A center without HTTP: whoever has lines to workstations gives them to its gateway. */
export interface CenterCore {
  readonly identity: CenterIdentity;
  readonly gateway: Gateway;
  readonly desk: EnrolmentDesk;
  /** Carries records between facilities. */
  readonly courier: Courier;
  /** What the center changes in staff records. */
  readonly staff: StaffDesk;
  /** Open questions of all facilities. */
  readonly reviews: ReviewDesk;
  createFacility(record: RecordOf<'reference'>): Promise<void>;
  /** Throws if there is no such facility. */
  createEnrolmentCode(scope: Scope): Promise<EnrolmentCode>;
  /** False if there is no such device, or it was revoked before. */
  revoke(device: DeviceId): Promise<boolean>;
  /** Has a device erase its records. False if there is no such device, or it was ordered before. */
  wipe(device: DeviceId): Promise<boolean>;
  /** Bulk-loads valid records into existing facilities; returns how many are new. */
  seed(records: Iterable<CenterRecord>): Promise<number>;
  /** Whether no facility exists yet. */
  isEmpty(): Promise<boolean>;
  /** Ends its connections. The foundation stays open. */
  close(): Promise<void>;
}

/** Puts a center together on its foundation. Clock, timers and randomness are those of `effects` alone. */
export async function assembleCenter(foundation: CenterFoundation): Promise<CenterCore> {
  const { database, bus, effects } = foundation;
  const identity = await loadIdentity(database, effects);
  const devices = createDeviceBook(database, effects);
  const desk = createEnrolmentDesk(database, identity, effects);
  const knownHomes = createKnownHomes(database, effects.clock);
  const sharing: SharingContext = {
    database,
    effects,
    center: identity.id,
    noteHome: knownHomes.note,
    announce: ({ lanes, ...applied }) => bus.publish({ kind: 'head', ...applied, lanes: [...lanes] }),
    ...(foundation.courierLookMs === undefined ? {} : { lookEveryMs: foundation.courierLookMs }),
  };
  const { hooks, courier } = startSharing(sharing);
  const staff = createStaffDesk(sharing);
  const gateway = createGateway(
    {
      database,
      identity,
      ingest: createIngest(database, effects, hooks),
      devices,
      heads: createHeadBook(database, effects.clock),
      staff,
      desk,
      bus,
      durableThrough: createDurableReader(database, foundation.backup),
      homesKnownTo: knownHomes.of,
      effects,
      limits: { ...defaultLimits, ...foundation.limits },
      dictionaries: foundation.dictionaries ?? (() => []),
      offlineLimitMs: foundation.offlineLimitMs ?? defaultOfflineLimitMs,
    },
    await readEpoch(database),
  );
  return {
    identity,
    gateway,
    desk,
    courier,
    staff,
    reviews: createReviewDesk(sharing, () => courier.hurry()),
    ...operations(desk, courier, foundation),
    revoke: createRevocation(devices, bus),
    wipe: createWipe(devices, bus),
    close: async () => {
      await gateway.close();
      await courier.close();
    },
  };
}

function operations(desk: EnrolmentDesk, courier: Courier, { database, bus, effects }: CenterFoundation) {
  return {
    createFacility: async (record: RecordOf<'reference'>) => {
      await createFacility(database, record, effects);
      courier.hurry();
      bus.publish({ kind: 'page' });
    },
    createEnrolmentCode: async (scope: Scope) => {
      const code = await desk.createCode(scope);
      if (!code.ok) throw new Error(`There is no facility ${scope}.`);
      return code.value;
    },
    seed: async (records: Iterable<CenterRecord>) => {
      const written = await loadRecords(database, records, effects);
      courier.hurry();
      bus.publish({ kind: 'page' });
      return written;
    },
    isEmpty: () => hasNoFacility(database),
  };
}

/** Revokes a device and ends its connections wherever they are. */
export function createRevocation(devices: DeviceBook, bus: NewsBus): (device: DeviceId) => Promise<boolean> {
  return async (device) => {
    const isRevoked = await devices.revoke(device);
    if (isRevoked) bus.publish({ kind: 'device-out', device, code: 'sync.device-revoked' });
    return isRevoked;
  };
}

/** Has a device erase its records at its next contact, which is made to come soon if it is connected. */
export function createWipe(devices: DeviceBook, bus: NewsBus): (device: DeviceId) => Promise<boolean> {
  return async (device) => {
    const isOrdered = await devices.orderWipe(device);
    if (isOrdered) bus.publish({ kind: 'device-wipe', device });
    return isOrdered;
  };
}
