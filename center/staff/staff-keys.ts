import * as v from 'valibot';
import { type PersonId, RecordIdSchema, type Scope } from '#contracts/ids.ts';
import { maxStaffKeys } from '#contracts/records/signature.ts';
import type { StaffBody } from '#contracts/records/staff.ts';
import type { StatusSchema } from '#contracts/wire/client-messages.ts';
import { inScope, type SharingContext } from '../sharing/sharing-context.ts';
import { writeCenterVersion } from '../sharing/write-center-version.ts';

type ToldKey = NonNullable<v.InferOutput<typeof StatusSchema>['staffKeys']>[number];

/** What the center changes in staff records: nobody else may (MRG-4). */
export interface StaffDesk {
  /**
   * Adds a signing key that a workstation of the facility told to the person's record (SIG-5). A key that is there, a person
   * who is not at home here or no longer active, and a record full of keys change nothing.
   */
  addKey(scope: Scope, key: ToldKey): Promise<void>;
  /**
   * Ends a person's work: no longer active, every key taken back from now on (SIG-6). False if there is no such person, or
   * she was revoked before.
   */
  revoke(scope: Scope, person: PersonId): Promise<boolean>;
}

/** The desk on the center's tables. */
export function createStaffDesk(context: SharingContext): StaffDesk {
  const edit = async (
    scope: Scope,
    person: PersonId,
    purpose: string,
    change: (body: StaffBody) => StaffBody | null,
  ): Promise<boolean> => {
    const outcome = await inScope(context, (session) =>
      writeCenterVersion(session, context, {
        scope,
        collection: 'staff',
        id: v.parse(RecordIdSchema, person),
        purpose,
        change: ({ body }) => {
          const next = change(body);
          return next === null ? null : { body: next };
        },
      }),
    );
    if (outcome.kind === 'written') context.announce(outcome.applied);
    return outcome.kind === 'written';
  };
  return {
    addKey: async (scope, { person, ...key }) => {
      await edit(scope, person, `staff key ${key.id}`, (body) => {
        const keys = body.keys ?? [];
        const isKnown = keys.some(({ id }) => id === key.id);
        if (!body.active || isKnown || keys.length >= maxStaffKeys) return null;
        return { ...body, keys: [...keys, key] };
      });
    },
    revoke: (scope, person) =>
      edit(scope, person, 'revoke person', (body) => revoked(body, context.effects.clock.now())),
  };
}

function revoked(body: StaffBody, now: number): StaffBody | null {
  if (!body.active) return null;
  if (body.keys === undefined) return { ...body, active: false };
  return {
    ...body,
    active: false,
    keys: body.keys.map((key) => ({ ...key, revokedAt: Math.min(key.revokedAt ?? now, now) })),
  };
}
