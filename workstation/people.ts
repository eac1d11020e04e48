import * as v from 'valibot';
import type { CredentialSlots } from '#access/credential-slots.ts';
import type { Secret } from '#access/secret.ts';
import type { ReplicaReader } from '#clinic/ports/replica.ts';
import type { Person } from '#contracts/bridge/views.ts';
import { type PersonId, RecordIdSchema, type Scope } from '#contracts/ids.ts';
import type { ReferenceBody } from '#contracts/records/reference.ts';
import type { RecordOf } from '#contracts/records/registry.ts';
import type { StaffBody } from '#contracts/records/staff.ts';

/** A member of staff as shown: family name first, as in the clinic's own lists. */
export const personName = ({ family, given, patronymic }: StaffBody['name']): string =>
  [family, given, patronymic].filter((part) => part !== undefined && part !== '').join(' ');

/** The staff record of a person; its id is the person's id. */
export function staffOf(reader: ReplicaReader, person: PersonId): RecordOf<'staff'> | undefined {
  return reader.get('staff', v.parse(RecordIdSchema, person));
}

/** A person as shown beside an entry; null when the staff record is not here. */
export function personShown(reader: ReplicaReader, id: PersonId): Person | null {
  const staff = staffOf(reader, id);
  return staff === undefined ? null : { id, name: personName(staff.body.name), roles: [...staff.body.roles] };
}

/** What the center says of this facility, or null before it said anything. */
export function facilityOf(
  reader: ReplicaReader,
  scope: Scope,
): Extract<ReferenceBody, { kind: 'facility' }> | null {
  for (const { body } of reader.find('reference', { equals: { scope }, limit: 1_000 })) {
    if (body.kind === 'facility' && body.code === scope) return body;
  }
  return null;
}

/**
 * Brings the lock screen's list up to what the records say: names, the facility's name, and nobody without a staff
 * record (enrolling was interrupted) or marked as gone. Holders of break-glass shares need no record here.
 */
export async function refreshSlotList(
  slots: CredentialSlots,
  dataKey: Secret,
  reader: ReplicaReader,
  scope: Scope,
): Promise<void> {
  const names = new Map<PersonId, string>();
  for (const { id, access } of slots.people()) {
    const staff = staffOf(reader, id);
    const isGone = staff === undefined ? access === 'full' : !staff.body.active;
    if (isGone) await slots.remove(dataKey, id, staff === undefined ? 'undone' : 'revoked');
    else if (staff !== undefined) names.set(id, personName(staff.body.name));
  }
  const facility = facilityOf(reader, scope);
  const told = facility && { code: facility.code, name: facility.name, isTraining: facility.isTraining };
  await slots.change(dataKey, told === null ? { names } : { names, facility: told });
}
