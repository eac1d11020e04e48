import type { CredentialSlots, EnrolledPerson, EnrolmentStatus, SlotKeys } from '#access/credential-slots.ts';
import { encodeCredential, publicKeyFromSpki } from '#access/enrolled-credential.ts';
import { checkPassphrase } from '#access/passphrase.ts';
import type { PersonKeys } from '#access/person-keys.ts';
import type { CredentialDevice } from '#access/ports.ts';
import { Secret } from '#access/secret.ts';
import type { PersonAccess, Proof } from '#contracts/bridge/access.ts';
import type { RequestInput, RequestOutput } from '#contracts/bridge/requests.ts';
import { appError } from '#contracts/errors.ts';
import type { PersonId } from '#contracts/ids.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import { administratorRoles } from '#contracts/roles.ts';
import type { WorkstationParts } from './parts.ts';
import { staffOf } from './people.ts';
import { deviceFor, type ProofSources, withProof } from './releasing.ts';
import type { Session } from './session.ts';

/** What the desk works on; everything only while the records are open. */
export interface OpenAccess {
  readonly slots: CredentialSlots;
  readonly dataKey: Secret;
  /** A copy of the signed-in person's keys, the caller's to wipe; null where nobody signs. */
  readonly ownKeys: () => PersonKeys | null;
  /** The key that the signed-in person came in with: it is hers, and no second one. */
  readonly keyInUse: CredentialDevice | null;
}

/** The only name that a page of this workstation may claim, and so that of every credential. */
const relyingParty = 'localhost';
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** What a page needs to ask a person's keys; none of it is secret. */
export function webauthnOptions(
  slots: CredentialSlots,
  { random }: Pick<WorkstationParts, 'random'>,
  person: PersonId,
): RequestOutput<'access.webauthn-options'> {
  return {
    relyingParty,
    challenge: base64(random.bytes(32)),
    slots: slots.webauthnKeysOf(person).map(({ slot, credentialId, salt }) => ({
      slot,
      credential: base64(credentialId),
      salt: base64(salt),
    })),
  };
}

/** What a page needs to have a key made for a person. */
export function webauthnBeginning(
  slots: CredentialSlots,
  { random }: Pick<WorkstationParts, 'random'>,
  { person, isAnew = false }: RequestInput<'keys.webauthn-begin'>,
): RequestOutput<'keys.webauthn-begin'> {
  const known = slots.people().filter(({ id }) => !isAnew || id !== person);
  return {
    relyingParty,
    challenge: base64(random.bytes(32)),
    user: Buffer.from(person.replaceAll('-', ''), 'hex').toString('base64'),
    salt: base64(random.bytes(32)),
    known: known.flatMap(({ id }) =>
      slots.webauthnKeysOf(id).map(({ credentialId }) => base64(credentialId)),
    ),
  };
}

/**
 * Makes a key on this computer a way in for a person of this workstation: not the one that the signed-in person came in with, nor
 * the one by which the owner showed that she is there.
 */
export async function enrolKey(
  access: OpenAccess,
  sources: ProofSources,
  session: Session,
  { person, method, label, pin, proof }: RequestInput<'keys.enrol'>,
): Promise<Result<EnrolmentStatus>> {
  const { slots, dataKey, keyInUse } = access;
  return await withOwnersKeys(access, sources, session, person, proof, (owner, keys, shownBy) =>
    sources.operations.run({ kind: 'enrol-key', pin }, async (operation) => {
      // There is one simulated key only.
      const taken = method === 'fido2' ? [keyInUse, shownBy] : [];
      const device = await deviceFor(sources.devices, method, operation, taken);
      if (!device.ok) return device;
      return slots.enrolDevice(dataKey, owner, device.value, operation, keys, label);
    }),
  );
}

/** The same for a key that the page asked. */
export async function enrolAskedKey(
  access: OpenAccess,
  sources: ProofSources,
  session: Session,
  input: RequestInput<'keys.webauthn-finish'>,
): Promise<Result<EnrolmentStatus>> {
  const bytes = (text: string) => Buffer.from(text, 'base64');
  const publicKey = publicKeyFromSpki(bytes(input.publicKey));
  const credential = publicKey && encodeCredential({ id: bytes(input.credential), publicKey });
  if (credential === undefined) return fail(appError('access.key-unsuitable'));
  using secret = new Secret(bytes(input.secret));
  using proof = new Secret(bytes(input.again));
  const made = { credential, salt: bytes(input.salt), secret, proof };
  return await withOwnersKeys(access, sources, session, input.person, input.proof, (owner, keys) =>
    access.slots.enrolWebauthn(access.dataKey, owner, made, keys, input.label),
  );
}

/** A new passphrase for a person of this workstation. */
export async function setPassphrase(
  access: OpenAccess,
  sources: ProofSources,
  session: Session,
  { person, next, proof }: RequestInput<'staff.reset-passphrase'>,
): Promise<Result<EnrolmentStatus>> {
  const staff = staffOf(session.replica, person);
  if (staff === undefined) return fail(appError('access.unknown-person'));
  const strength = checkPassphrase(next, staff.body.name);
  if (!strength.ok) return strength;
  return await withOwnersKeys(access, sources, session, person, proof, (owner, keys) =>
    access.slots.enrolPassphrase(access.dataKey, owner, next, keys),
  );
}

/**
 * Runs `enrol` with the keys that go into a new slot of a person: her own, shown by a way in that she has; those of the session
 * when it is hers; or new ones, which end all she had.
 */
async function withOwnersKeys(
  { slots, ownKeys }: OpenAccess,
  sources: ProofSources,
  session: Session,
  person: PersonId,
  proof: Proof | null,
  enrol: (
    owner: EnrolledPerson,
    keys: SlotKeys,
    shownBy: CredentialDevice | null,
  ) => Promise<Result<PersonKeys>>,
): Promise<Result<EnrolmentStatus>> {
  const owner = slots.people().find(({ id }) => id === person);
  if (owner === undefined) return fail(appError('access.unknown-person'));
  using own = person === session.person ? ownKeys() : null;
  const proved =
    own === null && proof !== null
      ? await withProof(slots, sources, person, proof, async (shown, device) => {
          const keys = await slots.provePerson(person, shown);
          return keys.ok ? ok({ keys: keys.value, device }) : keys;
        })
      : null;
  if (proved?.ok === false) return proved;
  using shown = proved?.value.keys ?? null;
  // Who adds to her own ways takes nothing from herself; anybody else must not be left with one thing to lose (ACC-52).
  const enrolling = { ...owner, isSecondDemanded: own === null };
  const enrolled = await enrol(enrolling, own ?? shown ?? 'new', proved?.value.device ?? null);
  if (!enrolled.ok) return enrolled;
  enrolled.value.wipe();
  return ok(slots.enrolmentStatus(person));
}

/** Takes a way in away: everybody her own, administrators anyone's. */
export async function removeKey(
  { slots, dataKey }: OpenAccess,
  session: Session,
  { slot, reason }: RequestInput<'keys.remove'>,
): Promise<Result<PersonId>> {
  const owner = slots.people().find(({ id }) => slots.keysOf(id).some((key) => key.slot === slot));
  if (owner === undefined) return fail(appError('access.unknown-person'));
  if (owner.id !== session.person && !isAdministrator(session)) {
    return fail(appError('access.forbidden', { rule: 'own-keys' }));
  }
  const removed = await slots.removeSlot(dataKey, slot, reason === 'unwanted' ? 'removed' : reason);
  return removed.ok ? ok(owner.id) : removed;
}

export const isAdministrator = ({ roles }: Pick<Session, 'roles'>): boolean =>
  roles.some((role) => administratorRoles.some((each) => each === role));

/** Who may open this workstation: administrators see everybody, others themselves. */
export function peopleWithAccess(
  slots: CredentialSlots,
  session: Session,
  hasCard: (person: PersonId) => boolean,
): readonly PersonAccess[] {
  const holders = new Set(slots.breakGlassHolders());
  return slots
    .people()
    .filter(({ id }) => id === session.person || isAdministrator(session))
    .map(({ id, name }) => ({
      id,
      name,
      roles: [...(staffOf(session.replica, id)?.body.roles ?? [])],
      ways: slots
        .keysOf(id)
        .filter(({ lostAt }) => lostAt === null)
        // A slot keeps the name that nobody gave as an empty one.
        .map(({ slot, method, label, enrolledAt }) => ({
          slot,
          method,
          label: label === '' ? null : label,
          enrolledAt,
        })),
      needsSecond: slots.enrolmentStatus(id).needsSecond,
      isHolder: holders.has(id),
      hasCard: hasCard(id),
    }));
}
