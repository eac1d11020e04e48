import type { CredentialSlots } from '#access/credential-slots.ts';
import type { Secret } from '#access/secret.ts';
import type { Replica } from '#clinic/ports/replica.ts';
import { ReplicaFailure } from '#clinic/ports/replica-failure.ts';
import type { Signer } from '#clinic/ports/signer.ts';
import { appError } from '#contracts/errors.ts';
import type { PersonId } from '#contracts/ids.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import { createAuditTrail } from './audit-trail.ts';
import { type BrokenGlass, breakGlassRoles, personOfComputer } from './break-glass.ts';
import { layoutOf } from './folder-layout.ts';
import { isOlderList } from './list-freshness.ts';
import type { CenterOrders, WorkstationParts } from './parts.ts';
import { personName, staffOf } from './people.ts';
import { beginSession, type OpenedRecords, type Session } from './session.ts';
import { meetTrail } from './trail-keeping.ts';

/**
 * Opens the database with the data key and starts the exchange. Takes the key over: it is wiped on failure, else by
 * {@link closeRecords}. Fails with the replica's codes, and with `store.wrong-key` when the slot list is an older one that was
 * put back (ACC-29).
 */
export async function openRecords(
  parts: WorkstationParts,
  slots: CredentialSlots,
  dataKey: Secret,
  orders: CenterOrders,
): Promise<Result<OpenedRecords>> {
  let replica: Replica | undefined;
  try {
    const folder = layoutOf(parts.folder).current;
    replica = await parts.openReplica({ folder, dataKey: dataKey.reveal() });
    const identity = parts.readIdentity(replica);
    if (identity === null || isOlderList(replica.settings, slots)) {
      await replica.close();
      dataKey.wipe();
      return fail(
        identity === null
          ? appError('store.damaged', { part: 'identity' })
          : appError('store.wrong-key', { part: 'older-list' }),
      );
    }
    await meetTrail(parts, replica, identity);
    const exchange = parts.startExchange(replica, orders);
    return ok({ replica, identity, exchange, dataKey, trail: createAuditTrail(replica) });
  } catch (error) {
    // Left open behind a locked screen, it would keep the next unlock out until a restart.
    await replica?.close().catch((failure) => parts.log.incident(failure));
    dataKey.wipe();
    if (error instanceof ReplicaFailure) return fail(error.error);
    throw error;
  }
}

/** Stops the exchange, closes the database, drops the key, clears the memory. A failure of one does not keep the others open. */
export async function closeRecords(parts: WorkstationParts, records: OpenedRecords): Promise<void> {
  const wipe = async () => records.dataKey.wipe();
  const clear = async () => parts.clearMemory?.();
  for (const close of [() => records.exchange.stop(), () => records.replica.close(), wipe, clear]) {
    try {
      await close();
    } catch (error) {
      parts.log.incident(error);
    }
  }
}

/** The session that opened records begin with. Closes them again when there is none to begin. */
export async function firstSession(
  parts: WorkstationParts,
  records: OpenedRecords,
  whom: Whom,
  signer: Signer | null,
): Promise<Result<Session>> {
  let session: Result<Session> | undefined;
  try {
    session = sessionFor(parts, records, whom, signer);
    return session;
  } finally {
    if (session?.ok !== true) await closeRecords(parts, records);
  }
}

/** For whom a session is: an enrolled person; by paper key nobody that anybody knows. */
export interface Whom {
  readonly person: PersonId | null;
  readonly glass: BrokenGlass | null;
}

/** A session for an active person, or for an emergency. Fails with `access.unknown-person` or `access.forbidden`. */
export function sessionFor(
  parts: WorkstationParts,
  records: OpenedRecords,
  { person, glass }: Whom,
  signer: Signer | null,
): Result<Session> {
  const computer = personOfComputer(records.identity.device);
  if (person === null || person === computer) {
    const name = glass?.name ?? '';
    return ok(
      beginSession(records, { person: computer, name, roles: breakGlassRoles, signer: null, glass }, parts),
    );
  }
  const staff = staffOf(records.replica, person);
  if (staff === undefined) return fail(appError('access.unknown-person'));
  if (!staff.body.active) return fail(appError('access.forbidden', { rule: 'not-active' }));
  const roles = glass === null ? staff.body.roles : [...new Set([...staff.body.roles, ...breakGlassRoles])];
  return ok(
    beginSession(records, { person, name: personName(staff.body.name), roles, signer, glass }, parts),
  );
}

/** The session as the records have it now: itself when they say nothing new. Fails like {@link sessionFor}. */
export function sessionAsOfNow(
  parts: WorkstationParts,
  records: OpenedRecords,
  session: Session,
): Result<Session> {
  const { person, glass, signer } = session;
  const now = sessionFor(parts, records, { person, glass }, signer);
  if (!now.ok) return now;
  const isSame = String(now.value.roles) === String(session.roles) && now.value.name === session.name;
  return ok(isSame ? session : { ...now.value, unlockedAt: session.unlockedAt });
}
