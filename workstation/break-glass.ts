import * as v from 'valibot';
import type { CredentialSlots } from '#access/credential-slots.ts';
import type { Proof as SlotProof } from '#access/slot-opening.ts';
import type { RequestInput } from '#contracts/bridge/requests.ts';
import { appError } from '#contracts/errors.ts';
import { type DeviceId, type PersonId, PersonIdSchema } from '#contracts/ids.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import type { Role } from '#contracts/roles.ts';
import { type ProofSources, type ReleasedKey, withProof } from './releasing.ts';
import type { TrailDesk } from './trail-desk.ts';

type BreakGlassInput = RequestInput<'session.break-glass'>;

/** How records were opened without anybody's own way in. */
export interface BrokenGlass {
  readonly by: BreakGlassInput['method'];
  /** For the audit trail: why, and who was there. */
  readonly reason: string;
  /** Name on the screen; null where the person's own is known. */
  readonly name: string | null;
  /** The first of two who proved themselves; null by paper, where nobody did. */
  readonly person: PersonId | null;
}

/** What may be done: care for patients, and make new ways in for those who lost theirs. */
export const breakGlassRoles = ['head', 'technician'] as const satisfies readonly Role[];

/**
 * Opens by paper key, or by the shares of two holders put together; one alone yields nothing. Who did not get in goes to the
 * trail; a mistyped paper key is no attempt. Fails with the codes of `session.break-glass`.
 */
export async function breakGlass(
  slots: CredentialSlots,
  sources: ProofSources,
  input: BreakGlassInput,
  trail: Pick<TrailDesk, 'refused'>,
): Promise<Result<{ readonly released: ReleasedKey; readonly glass: BrokenGlass }>> {
  return input.method === 'paper' ? byPaper(slots, input, trail) : byTwo(slots, sources, input, trail);
}

async function byPaper(
  slots: CredentialSlots,
  { code, name, reason }: Extract<BreakGlassInput, { method: 'paper' }>,
  trail: Pick<TrailDesk, 'refused'>,
): Promise<Result<{ readonly released: ReleasedKey; readonly glass: BrokenGlass }>> {
  const mistyped = slots.mistypedGroups(code);
  if (mistyped.length > 0) {
    return fail(appError('access.paper-key-wrong', { groups: mistyped.map(String) }));
  }
  const opened = await slots.unlockByPaperKey(code);
  if (!opened.ok) {
    await trail.refused(null, opened.error);
    return opened.error.code === 'access.wrong-passphrase'
      ? fail(appError('access.paper-key-wrong'))
      : opened;
  }
  const glass = { by: 'paper', reason: `${name}: ${reason}`, name, person: null } as const;
  return ok({ released: { ...opened.value, device: null }, glass });
}

async function byTwo(
  slots: CredentialSlots,
  sources: ProofSources,
  { first, second, reason }: Extract<BreakGlassInput, { method: 'two' }>,
  trail: Pick<TrailDesk, 'refused'>,
): Promise<Result<{ readonly released: ReleasedKey; readonly glass: BrokenGlass }>> {
  if (first.person === second.person) return fail(appError('access.forbidden', { rule: 'two-people' }));
  const shareOf = async ({ person, proof }: typeof first, holder: 'first' | 'second') => {
    const begin = (shown: SlotProof) => slots.beginBreakGlass(person, shown);
    const share = await withProof(slots, sources, person, proof, begin, holder);
    if (share.ok) return share;
    await trail.refused(person, share.error);
    // Both stand at the screen: whose proof it was has to be said.
    return fail(appError(share.error.code, { ...share.error.detail, holder: person }));
  };
  const one = await shareOf(first, 'first');
  if (!one.ok) return one;
  using _ = one.value.value;
  const other = await shareOf(second, 'second');
  if (!other.ok) return other;
  const opened = await slots.unlockByTwo(one.value, other.value);
  if (!opened.ok) return opened;
  const glass = {
    by: 'two',
    reason: `${second.person}: ${reason}`,
    name: null,
    person: first.person,
  } as const;
  return ok({ released: { ...opened.value, device: null }, glass });
}

/** Who acts where nobody proved to be somebody: this computer itself. Staff records know no such person. */
export const personOfComputer = (device: DeviceId): PersonId => v.parse(PersonIdSchema, device);
