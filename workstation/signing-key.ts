import { staffKey } from '#clinic/signatures/staff-key.ts';
import { noteStaffKey, staffKeysToTell } from '#sync/staff-keys.ts';
import { staffOf } from './people.ts';
import type { Session } from './session.ts';

/**
 * Has the center told of a signing key that the person's staff record lacks (SIG-5): somebody enrolled before there were keys,
 * or with new ones after all her ways to unlock were lost. Does nothing where the key is known.
 */
export async function tellSigningKey({ signer, person, replica, context }: Session): Promise<void> {
  if (signer === null) return;
  const { now } = context();
  const key = staffKey(signer.publicKey, now);
  const known = [
    ...(staffOf(replica, person)?.body.keys ?? []),
    ...staffKeysToTell(replica).filter((told) => told.person === person),
  ];
  if (known.some(({ id }) => id === key.id)) return;
  await replica.transact((transaction) => {
    noteStaffKey(transaction.settings, { person, ...key });
    transaction.audit({
      at: now,
      person,
      action: 'keys.signing',
      collection: null,
      record: null,
      reason: key.id,
    });
  });
}
