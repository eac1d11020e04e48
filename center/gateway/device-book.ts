import * as v from 'valibot';
import { appError } from '#contracts/errors.ts';
import { type DeviceId, DeviceIdSchema, type Scope, ScopeSchema } from '#contracts/ids.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import type { ProveSchema, StatusSchema } from '#contracts/wire/client-messages.ts';
import type { Effects } from '../ports.ts';
import { bigint, type Database, type Session, type Statement } from '../postgres/database.ts';
import { isProven } from './proof.ts';
import { confirmTicket, hashTicket, judgeTicket, newTicket } from './tickets.ts';

/** What a device that proved itself is let in with, or that it is to erase its records. */
export type Admission =
  | { readonly kind: 'welcome'; readonly scope: Scope; readonly ticket: string }
  | { readonly kind: 'wipe' };

/** What the center knows of the workstations. */
export interface DeviceBook {
  /**
   * Judges a proof. A device that is to erase its records is told so whatever its ticket (version 1 cannot be told and is
   * refused as revoked). Fails with `sync.device-unknown`, `sync.proof-refused`, `sync.device-revoked` or
   * `sync.device-cloned`; a used-up ticket marks the device as cloned.
   */
  admit(proof: Prove, challenge: Challenge): Promise<Result<Admission>>;
  /** Fails with `sync.proof-refused` if the ticket is not the one on offer, or with what became of the device (DEV-1). */
  confirm(device: DeviceId, ticket: string): Promise<Result<null>>;
  /** Fails with what became of the device; nothing is noted then (DEV-1). */
  report(device: DeviceId, status: Status): Promise<Result<null>>;
  /** Notes that the devices were heard of just now. */
  touch(devices: readonly DeviceId[]): Promise<void>;
  /** Which of the devices may not stay connected: revoked, cloned, or to erase their records. */
  barred(devices: readonly DeviceId[]): Promise<readonly DeviceId[]>;
  /** False if there is no such device, or it was revoked before. */
  revoke(device: DeviceId): Promise<boolean>;
  /** Has the device erase its records at its next contact. False if there is no such device, or it was ordered before. */
  orderWipe(device: DeviceId): Promise<boolean>;
  /** The device said that it erased its records. */
  confirmWiped(device: DeviceId): Promise<void>;
}

type Prove = v.InferOutput<typeof ProveSchema>;
type Status = v.InferOutput<typeof StatusSchema>;

/** What the center asked the connection to sign, and what it knows of it. */
export interface Challenge {
  readonly protocol: number;
  readonly nonce: string;
  readonly center: string;
  readonly program: string;
}

const readDevice: Statement = {
  name: 'device-read',
  text: `
select scope, public_key, confirmed_ticket, offered_ticket, revoked_at, cloned_at, wipe_ordered_at
from device where id = $1`,
};
const lockDevice: Statement = { name: 'device-lock', text: `${readDevice.text} for update` };
const writeAdmission: Statement = {
  name: 'device-admit',
  text: `
update device set confirmed_ticket = $2, offered_ticket = $3, last_contact_at = $4, program = $5, protocol = $6
where id = $1`,
};
const markCloned: Statement = {
  name: 'device-mark-cloned',
  text: 'update device set cloned_at = $2 where id = $1',
};
const writeTickets: Statement = {
  name: 'device-tickets',
  text: 'update device set confirmed_ticket = $2, offered_ticket = $3 where id = $1',
};
const writeStatus: Statement = {
  name: 'device-status',
  text: `
update device set last_contact_at = $2, backlog = $3, oldest_pending_at = $4, quarantined = $5, open_reviews = $6,
  clock_error = $7, healed = coalesce($8, healed) where id = $1 and revoked_at is null and cloned_at is null`,
};
const touchDevices: Statement = {
  name: 'device-touch',
  text: 'update device set last_contact_at = $2 where id = any($1::uuid[])',
};
const revokeDevice: Statement = {
  name: 'device-revoke',
  text: 'update device set revoked_at = $2 where id = $1 and revoked_at is null',
};

const findBarred: Statement = {
  name: 'device-barred',
  text: `
select id from device where id = any($1::uuid[])
  and (revoked_at is not null or cloned_at is not null or wipe_ordered_at is not null)`,
};
const BarredSchema = v.object({ id: DeviceIdSchema });

const orderWipe: Statement = {
  name: 'device-order-wipe',
  text: 'update device set wipe_ordered_at = $2 where id = $1 and wipe_ordered_at is null',
};
const confirmWiped: Statement = {
  name: 'device-wiped',
  text: 'update device set wiped_at = $2, last_contact_at = $2 where id = $1 and wipe_ordered_at is not null',
};

const DeviceRowSchema = v.object({
  scope: ScopeSchema,
  public_key: v.string(),
  confirmed_ticket: v.nullable(v.string()),
  offered_ticket: v.nullable(v.string()),
  revoked_at: v.nullable(bigint),
  cloned_at: v.nullable(bigint),
  wipe_ordered_at: v.nullable(bigint),
});
type DeviceRow = v.InferOutput<typeof DeviceRowSchema>;

/** The book on `database`. */
export function createDeviceBook(database: Database, effects: Effects): DeviceBook {
  return {
    admit: (proof, challenge) => database.transaction((session) => admit(session, proof, challenge, effects)),
    confirm: (device, ticket) => database.transaction((session) => confirm(session, device, ticket)),
    report: async (device, status) => {
      const now = effects.clock.now();
      const { backlog, oldestPendingAt, quarantined, openReviews, clock } = status;
      const values = [
        now,
        backlog,
        oldestPendingAt,
        quarantined,
        openReviews,
        clock - now,
        status.healed ?? null,
      ];
      if ((await database.run(writeStatus, [device, ...values])) === 1) return ok(null);
      const [row] = await database.rows(readDevice, DeviceRowSchema, [device]);
      return fail(appError(codeOfFall(row) ?? 'sync.device-unknown'));
    },
    touch: async (devices) => {
      if (devices.length > 0) await database.run(touchDevices, [devices, effects.clock.now()]);
    },
    barred: async (devices) => (await database.rows(findBarred, BarredSchema, [devices])).map(({ id }) => id),
    revoke: async (device) => (await database.run(revokeDevice, [device, effects.clock.now()])) === 1,
    orderWipe: async (device) => (await database.run(orderWipe, [device, effects.clock.now()])) === 1,
    confirmWiped: async (device) => {
      await database.run(confirmWiped, [device, effects.clock.now()]);
    },
  };
}

async function admit(
  session: Session,
  proof: Prove,
  challenge: Challenge,
  effects: Effects,
): Promise<Result<Admission>> {
  const { device, ticket } = proof;
  const [row] = await session.rows(lockDevice, DeviceRowSchema, [device]);
  if (row === undefined) return fail(appError('sync.device-unknown'));
  const { nonce, center } = challenge;
  if (!isProven({ nonce, device, center, ticket }, proof.signature, row.public_key)) {
    return fail(appError('sync.proof-refused'));
  }
  if (row.wipe_ordered_at !== null) {
    return challenge.protocol >= 2 ? ok({ kind: 'wipe' }) : fail(appError('sync.device-revoked'));
  }
  const fallen = codeOfFall(row);
  if (fallen !== undefined) return fail(appError(fallen));
  return await admitWithTicket(session, proof, row, challenge, effects);
}

async function admitWithTicket(
  session: Session,
  proof: Prove,
  row: DeviceRow,
  { program, protocol }: Challenge,
  effects: Effects,
): Promise<Result<Admission>> {
  const fresh = newTicket(effects.random);
  const now = effects.clock.now();
  const state = { confirmed: row.confirmed_ticket, offered: row.offered_ticket };
  const judgement = judgeTicket(state, hashTicket(proof.ticket), hashTicket(fresh));
  if (judgement.kind === 'cloned') {
    await session.run(markCloned, [proof.device, now]);
    return fail(appError('sync.device-cloned'));
  }
  const { confirmed, offered } = judgement.next;
  await session.run(writeAdmission, [proof.device, confirmed, offered, now, program, protocol]);
  return ok({ kind: 'welcome', scope: row.scope, ticket: fresh });
}

async function confirm(session: Session, device: DeviceId, ticket: string): Promise<Result<null>> {
  const [row] = await session.rows(lockDevice, DeviceRowSchema, [device]);
  if (row === undefined) return fail(appError('sync.device-unknown'));
  const fallen = codeOfFall(row);
  if (fallen !== undefined) return fail(appError(fallen));
  const state = { confirmed: row.confirmed_ticket, offered: row.offered_ticket };
  const next = confirmTicket(state, hashTicket(ticket));
  if (next === undefined) return fail(appError('sync.proof-refused'));
  await session.run(writeTickets, [device, next.confirmed, next.offered]);
  return ok(null);
}

/** Why the device may say nothing any more; undefined if it may. */
function codeOfFall(row: DeviceRow | undefined) {
  if (row === undefined) return undefined;
  if (row.revoked_at !== null) return 'sync.device-revoked';
  return row.cloned_at === null ? undefined : 'sync.device-cloned';
}
