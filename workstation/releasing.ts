import type { CredentialSlots, Unlocked } from '#access/credential-slots.ts';
import type { CredentialDevice, DeviceShelf } from '#access/ports.ts';
import { Secret } from '#access/secret.ts';
import type { Proof as SlotProof } from '#access/slot-opening.ts';
import type { Proof } from '#contracts/bridge/access.ts';
import { type AppError, appError } from '#contracts/errors.ts';
import type { PersonId } from '#contracts/ids.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import { type KeyOperations, type KeyUse, nobodyCame, type RunningOperation } from './key-operations.ts';

/** What an unlock gave, and the key it came from, if any: pulling that one out locks. */
export interface ReleasedKey extends Unlocked {
  readonly device: CredentialDevice | null;
}

/** Wipes keys that nobody may come in with any more. */
export function dropKeys({ dataKey, personKeys }: ReleasedKey): Result<never> {
  dataKey.wipe();
  personKeys?.wipe();
  return fail(appError('access.locked'));
}

/** Where proofs come from. */
export interface ProofSources {
  readonly devices: DeviceShelf;
  readonly operations: KeyOperations;
}

/** The data key by whichever method the person chose. Fails with the codes of `session.unlock`. */
export async function releaseDataKey(
  slots: CredentialSlots,
  sources: ProofSources,
  person: PersonId,
  proof: Proof,
): Promise<Result<ReleasedKey>> {
  return withProof(slots, sources, person, proof, async (shown, device) => {
    const released = await slots.unlock(person, shown);
    return released.ok ? ok({ ...released.value, device }) : released;
  });
}

/**
 * Runs `use` with what the slots take for the proof of a person: of a key that is plugged in, or plugged in soon. Of several that
 * are, the one that is hers. `holder`: which of two who open together it is. Fails with the codes of `use`, `access.device-removed`, and `access.key-unknown` when none is hers.
 */
export async function withProof<Value>(
  slots: CredentialSlots,
  { devices, operations }: ProofSources,
  person: PersonId,
  proof: Proof,
  use: (shown: SlotProof, device: CredentialDevice | null) => Promise<Result<Value>>,
  holder?: KeyUse['holder'],
): Promise<Result<Value>> {
  if (proof.method === 'passphrase') return use(proof, null);
  if (proof.method === 'webauthn') {
    const known = slots.webauthnKeysOf(person).find(({ slot }) => slot === proof.slot);
    if (known === undefined) return fail(appError('access.key-unknown'));
    using secret = new Secret(Buffer.from(proof.secret, 'base64'));
    return await use({ method: 'webauthn', credentialId: known.credentialId, secret }, null);
  }
  const pin = proof.method === 'fido2' ? proof.pin : undefined;
  return operations.run({ kind: 'unlock', pin, holder }, (operation) =>
    withHerKey(devices, proof.method, operation, (device) =>
      use({ method: 'device', device, operation }, device),
    ),
  );
}

/** Asks the keys that are plugged in, one after the other, until one is hers. */
async function withHerKey<Value>(
  shelf: DeviceShelf,
  kind: CredentialDevice['kind'],
  operation: RunningOperation,
  use: (device: CredentialDevice) => Promise<Result<Value>>,
): Promise<Result<Value>> {
  const first = await deviceFor(shelf, kind, operation);
  if (!first.ok) return first;
  const others = devicesOf(shelf, kind).filter((device) => device !== first.value);
  for (const device of [first.value, ...others]) {
    const outcome = await use(device);
    if (outcome.ok || !isOthersKey(outcome.error)) return outcome;
    if (operation.signal.aborted) return fail(appError('access.cancelled'));
  }
  return fail(appError('access.key-unknown'));
}

/** The key holds no credential of hers. */
const isOthersKey = ({ detail }: AppError): boolean => detail?.rule === 'other-key';

/** The devices of a kind, those plugged in last first. */
const devicesOf = (
  shelf: DeviceShelf,
  kind: CredentialDevice['kind'],
  taken: readonly (CredentialDevice | null)[] = [],
): readonly CredentialDevice[] =>
  shelf
    .credentialDevices()
    .filter((device) => device.kind === kind && !taken.includes(device))
    .toReversed();

/**
 * The device of a kind that was plugged in last, and is none of those `taken`; waits for one until the operation is cancelled.
 * Fails with `access.device-removed` or `access.cancelled`.
 */
export async function deviceFor(
  shelf: DeviceShelf,
  kind: CredentialDevice['kind'],
  { signal, onMissingKey }: Pick<RunningOperation, 'signal' | 'onMissingKey'>,
  taken: readonly (CredentialDevice | null)[] = [],
): Promise<Result<CredentialDevice>> {
  const [present] = devicesOf(shelf, kind, taken);
  if (present !== undefined) return ok(present);
  if (kind === 'simulated-key') return fail(appError('access.device-removed'));
  onMissingKey();
  return new Promise((resolve) => {
    const settle = (result: Result<CredentialDevice>): void => {
      endWatch();
      signal.removeEventListener('abort', giveUp);
      resolve(result);
    };
    const giveUp = (): void =>
      settle(fail(appError(signal.reason === nobodyCame ? 'access.device-removed' : 'access.cancelled')));
    const endWatch = shelf.onChange(() => {
      const [device] = devicesOf(shelf, kind, taken);
      if (device !== undefined) settle(ok(device));
    });
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp);
  });
}
