import * as v from 'valibot';
import { RoleSchema } from '../roles.ts';
import { filledText, recordType, text } from './record.ts';
import { maxStaffKeys, StaffKeySchema } from './signature.ts';

/** A member of staff. The record's id is the person's id. */
export const StaffBodySchema = v.object({
  name: v.object({ family: filledText(80), given: filledText(80), patronymic: v.optional(text(80)) }),
  roles: v.pipe(v.array(RoleSchema), v.minLength(1), v.maxLength(5)),
  /** False once the person has left or was revoked. */
  active: v.boolean(),
  /** Signing keys, oldest first (docs/specs/audit.md SIG-2). Since protocol version 3. */
  keys: v.optional(v.pipe(v.array(StaffKeySchema), v.maxLength(maxStaffKeys))),
});
export type StaffBody = v.InferOutput<typeof StaffBodySchema>;

export const staff = recordType({
  collection: 'staff',
  version: 0,
  upgrades: {},
  body: StaffBodySchema,
  lane: 1,
  merge: { kind: 'center-decides' },
  indexed: [],
  indexes: [['capturedAt']],
});
