import type { CredentialSlots } from '#access/credential-slots.ts';
import type { CredentialDevice, DeviceOperation, DeviceShelf } from '#access/ports.ts';
import type { Secret } from '#access/secret.ts';
import type { RequestInput } from '#contracts/bridge/requests.ts';
import { appError } from '#contracts/errors.ts';
import { fail, ok, type Result } from '#contracts/result.ts';

/** How long a key waits for its owner before the attempt is given up. */
const longestTouchMs = 30_000;

/** A data key, and the key it came from, if any: pulling that one out locks. */
export interface ReleasedKey {
  readonly dataKey: Secret;
  readonly device: CredentialDevice | null;
}

/** The data key by whichever method the person chose. Fails with the codes of `session.unlock`. */
export async function releaseDataKey(
  slots: CredentialSlots,
  shelf: DeviceShelf,
  input: RequestInput<'session.unlock'>,
): Promise<Result<ReleasedKey>> {
  if (input.method === 'passphrase') {
    const released = await slots.unlockByPassphrase(input.person, input.passphrase);
    return released.ok ? ok({ dataKey: released.value, device: null }) : released;
  }
  const device = deviceOf(shelf, input.method);
  if (device === undefined) return fail(appError('access.device-removed'));
  const released = await slots.unlockByDevice(input.person, device, byFinger());
  return released.ok ? ok({ dataKey: released.value, device }) : released;
}

/** The plugged-in device of a kind. */
export const deviceOf = (shelf: DeviceShelf, kind: CredentialDevice['kind']): CredentialDevice | undefined =>
  shelf.credentialDevices().find((device) => device.kind === kind);

/** An operation by finger that gives up after a while. */
export const byFinger = (): DeviceOperation => ({
  verification: { method: 'finger' },
  signal: AbortSignal.timeout(longestTouchMs),
  onProgress: () => undefined,
});
