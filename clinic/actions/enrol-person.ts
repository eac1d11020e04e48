import type { RequestInput } from '#contracts/bridge/requests.ts';
import { ok } from '#contracts/result.ts';
import { normalizeNameParts } from '../identity/names.ts';
import { newRecordId } from '../ids.ts';
import { staffKey } from '../signatures/staff-key.ts';
import { type Action, checkBody } from './action.ts';

/** What the staff record needs of the request; the passphrase stays with access. */
export type PersonInput = Pick<RequestInput<'staff.enrol'>, 'name' | 'roles'> & {
  /** Raw Ed25519 public key of the person's signing key, if she has one already. */
  readonly publicKey?: Uint8Array;
};

/** Adds a member of staff. The record's id is the person's id. Fails with `record.invalid`. */
export const enrolPerson: Action<PersonInput> = (_reader, input, context) => {
  const id = newRecordId(context.newId);
  const body = {
    name: normalizeNameParts(input.name),
    roles: [...new Set(input.roles)],
    active: true,
    ...(input.publicKey === undefined ? {} : { keys: [staffKey(input.publicKey, context.now)] }),
  };
  const fits = checkBody('staff', body);
  if (!fits.ok) return fits;
  return ok({ subject: id, writes: [{ collection: 'staff', id, body, audit: 'staff.enrol' }] });
};
