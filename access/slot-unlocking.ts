import { appError } from '#contracts/errors.ts';
import type { PersonId } from '#contracts/ids.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import type { AttemptLog } from './attempts.ts';
import { type OpenedShare, openByTwo, openShare } from './break-glass.ts';
import type { CredentialSlots, Unlocked } from './credential-slots.ts';
import { forbidden, type HeldSlots, wrongList } from './held-slots.ts';
import { readPaperKey } from './paper-key.ts';
import { PersonKeys } from './person-keys.ts';
import type { Secret } from './secret.ts';
import { toBase64 } from './slot-field.ts';
import { slotsOf, withPerson } from './slot-list.ts';
import { bringOver } from './slot-making.ts';
import { type OpenedSlot, openByProof, type Proof, wipeOpened } from './slot-opening.ts';
import { openByPaper } from './slot-paper.ts';

type Unlocking =
  | 'unlock'
  | 'unlockByPassphrase'
  | 'unlockByDevice'
  | 'unlockByWebauthn'
  | 'provePerson'
  | 'unlockByPaperKey'
  | 'beginBreakGlass'
  | 'unlockByTwo';

/** The ways in: by a person's own slot, by paper, by two people. */
export function slotUnlocking(held: HeldSlots, attempts: AttemptLog): Pick<CredentialSlots, Unlocking> {
  const unlock = (person: PersonId, proof: Proof) =>
    held.inTurn(() => unlockPerson(held, attempts, person, proof));
  return {
    unlock,
    unlockByPassphrase: (person, passphrase) => unlock(person, { method: 'passphrase', passphrase }),
    unlockByDevice: (person, device, operation) => unlock(person, { method: 'device', device, operation }),
    unlockByWebauthn: (person, credentialId, secret) =>
      unlock(person, { method: 'webauthn', credentialId, secret }).finally(() => secret.wipe()),
    provePerson: (person, proof) => held.inTurn(() => provePerson(held, attempts, person, proof)),
    unlockByPaperKey: (typed) => held.inTurn(() => unlockByPaper(held, attempts, typed)),
    beginBreakGlass: (person, proof) => held.inTurn(() => takeShare(held, attempts, person, proof)),
    unlockByTwo: (first, second) => held.inTurn(async () => unlockByTwo(held, first, second)),
  };
}

async function unlockPerson(
  held: HeldSlots,
  attempts: AttemptLog,
  person: PersonId,
  proof: Proof,
): Promise<Result<Unlocked>> {
  const opened = await openCounted(held, attempts, person, proof);
  if (!opened.ok) return opened;
  const { dataKey, keys } = opened.value;
  if (dataKey === null) {
    wipeOpened(opened.value);
    return fail(forbidden('holder-only'));
  }
  if (!held.isAuthentic(dataKey) || !held.isOwn(person, keys)) {
    wipeOpened(opened.value);
    return fail(wrongList());
  }
  const personKeys = keys ?? (await bringOverOld(held, opened.value, dataKey));
  opened.value.secret.wipe();
  return ok({ dataKey, personKeys });
}

/** Counts the attempt where it can be guessed. What comes back was not compared with the list's MAC. */
async function openCounted(
  { environment, list }: HeldSlots,
  attempts: AttemptLog,
  person: PersonId,
  proof: Proof,
): Promise<Result<OpenedSlot>> {
  const isGuess = proof.method === 'passphrase';
  const hasPassphrase = slotsOf(list, person).some((slot) => slot.method === 'passphrase');
  if (isGuess && hasPassphrase) {
    const begun = await attempts.begin(person);
    if (!begun.ok) return begun;
  }
  const opened = await openByProof(environment, list, person, proof);
  if (isGuess && opened.ok) await attempts.succeed(person);
  return opened;
}

/**
 * A slot of format 1 becomes one with a door; its owner gets her keys if no other slot of hers made them yet (ACC-25). When
 * that cannot be written she works without keys, and the next unlock tries again.
 */
async function bringOverOld(
  held: HeldSlots,
  { slot: old, secret }: OpenedSlot,
  dataKey: Secret,
): Promise<PersonKeys | null> {
  const { environment, list } = held;
  const person = list.people.find(({ id }) => id === old.person);
  if (!('wrapped' in old) || person === undefined) return null;
  const keys = person.signingKey === null ? PersonKeys.make(environment.random) : null;
  const slot = bringOver(environment, list, old, secret, { dataKey, keys });
  const oldSlots = list.oldSlots.filter(({ id }) => id !== old.id);
  const signingKey = keys === null ? person.signingKey : toBase64(keys.publicKey);
  const next = { ...list, slots: [...list.slots, slot], oldSlots };
  const written = await held.write(dataKey, withPerson(next, { ...person, signingKey }));
  if (written.ok) return keys;
  keys?.wipe();
  return null;
}

async function provePerson(
  held: HeldSlots,
  attempts: AttemptLog,
  person: PersonId,
  proof: Proof,
): Promise<Result<PersonKeys>> {
  const opened = await openCounted(held, attempts, person, proof);
  if (!opened.ok) return opened;
  const { dataKey, keys } = opened.value;
  const isTrue = held.isOwn(person, keys) && (dataKey === null || held.isAuthentic(dataKey));
  const proved = isTrue && keys !== null ? keys.copy() : null;
  wipeOpened(opened.value);
  if (!isTrue) return fail(wrongList());
  return proved === null ? fail(forbidden('no-keys')) : ok(proved);
}

async function unlockByPaper(
  held: HeldSlots,
  attempts: AttemptLog,
  typed: string,
): Promise<Result<Unlocked>> {
  if (held.list.paperKey === null) return fail(appError('access.unknown-person'));
  const read = readPaperKey(typed);
  if (!read.ok) return fail(appError('access.wrong-passphrase', { groups: read.error.groups.map(String) }));
  using key = read.value;
  const begun = await attempts.begin('paper-key');
  if (!begun.ok) return begun;
  const dataKey = openByPaper(held.list, key);
  if (dataKey === undefined) return fail(appError('access.wrong-passphrase'));
  await attempts.succeed('paper-key');
  return withoutPerson(held, dataKey);
}

async function takeShare(
  held: HeldSlots,
  attempts: AttemptLog,
  person: PersonId,
  proof: Proof,
): Promise<Result<OpenedShare>> {
  const opened = await openCounted(held, attempts, person, proof);
  if (!opened.ok) return opened;
  const share = openShare(held.list, opened.value);
  wipeOpened(opened.value);
  return share === undefined ? fail(forbidden('no-share')) : ok(share);
}

function unlockByTwo(held: HeldSlots, first: OpenedShare, second: OpenedShare): Result<Unlocked> {
  const dataKey = openByTwo(held.list, first, second);
  first.value.wipe();
  second.value.wipe();
  return dataKey === undefined ? fail(forbidden('two-people')) : withoutPerson(held, dataKey);
}

function withoutPerson(held: HeldSlots, dataKey: Secret): Result<Unlocked> {
  if (held.isAuthentic(dataKey)) return ok({ dataKey, personKeys: null });
  dataKey.wipe();
  return fail(wrongList());
}
