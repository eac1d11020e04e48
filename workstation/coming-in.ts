import type { CredentialSlots } from '#access/credential-slots.ts';
import type { Proof } from '#contracts/bridge/access.ts';
import type { RequestInput } from '#contracts/bridge/requests.ts';
import { ok, type Result } from '#contracts/result.ts';
import { breakGlass } from './break-glass.ts';
import type { Whom } from './records-opening.ts';
import { type ProofSources, type ReleasedKey, releaseDataKey } from './releasing.ts';
import type { TrailDesk } from './trail-desk.ts';

/** Somebody who may come in, and the keys for it: whoever is given them wipes them. */
export interface Admission {
  readonly whom: Whom;
  readonly released: ReleasedKey;
}

/** Who wants to come in, and how. */
export interface Attempt {
  /** Whether a key of this computer is asked: such an attempt can be given up. */
  readonly usesKey: boolean;
  /** Who did not get in is in the audit trail when it resolves. */
  readonly make: (
    slots: CredentialSlots,
    sources: ProofSources,
    trail: TrailDesk,
  ) => Promise<Result<Admission>>;
}

const usesKey = ({ method }: Proof): boolean => method === 'fido2' || method === 'simulated-key';

/** By one's own way in. Fails with the codes of `session.unlock`. */
export const byOwnWay = ({ person, ...proof }: RequestInput<'session.unlock'>): Attempt => ({
  usesKey: usesKey(proof),
  make: async (slots, sources, trail) => {
    const released = await releaseDataKey(slots, sources, person, proof);
    if (released.ok) return ok({ whom: { person, glass: null }, released: released.value });
    await trail.refused(person, released.error);
    return released;
  },
});

/** Without anybody's own way in. Fails with the codes of `session.break-glass`. */
export const byBreakingGlass = (input: RequestInput<'session.break-glass'>): Attempt => ({
  usesKey: input.method === 'two' && (usesKey(input.first.proof) || usesKey(input.second.proof)),
  make: async (slots, sources, trail) => {
    const broken = await breakGlass(slots, sources, input, trail);
    if (!broken.ok) return broken;
    const { released, glass } = broken.value;
    return ok({ whom: { person: glass.person, glass }, released });
  },
});
