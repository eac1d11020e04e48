import type { CredentialSlots, Unlocked } from '#access/credential-slots.ts';
import type { CredentialDevice, DeviceOperation, DeviceShelf } from '#access/ports.ts';
import type { Timers } from '#clinic/ports/clock.ts';
import type { RequestInput } from '#contracts/bridge/requests.ts';
import { appError } from '#contracts/errors.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import type { WorkstationParts } from './parts.ts';

/** How long a key waits for its owner before the attempt is given up. */
const longestTouchMs = 30_000;

/** What an unlock gave, and the key it came from, if any: pulling that one out locks. */
export interface ReleasedKey extends Unlocked {
  readonly device: CredentialDevice | null;
}

/** The data key by whichever method the person chose. Fails with the codes of `session.unlock`. */
export async function releaseDataKey(
  slots: CredentialSlots,
  { devices, timers }: Pick<WorkstationParts, 'devices' | 'timers'>,
  input: RequestInput<'session.unlock'>,
): Promise<Result<ReleasedKey>> {
  if (input.method === 'passphrase') {
    const released = await slots.unlockByPassphrase(input.person, input.passphrase);
    return released.ok ? ok({ ...released.value, device: null }) : released;
  }
  const device = deviceOf(devices, input.method);
  if (device === undefined) return fail(appError('access.device-removed'));
  const released = await byFinger(timers, (operation) =>
    slots.unlockByDevice(input.person, device, operation),
  );
  return released.ok ? ok({ ...released.value, device }) : released;
}

/** The plugged-in device of a kind. */
export const deviceOf = (shelf: DeviceShelf, kind: CredentialDevice['kind']): CredentialDevice | undefined =>
  shelf.credentialDevices().find((device) => device.kind === kind);

/** Runs an operation by finger that is cancelled when nobody touches the key for a while. */
export async function byFinger<Value>(
  timers: Timers,
  run: (operation: DeviceOperation) => Promise<Value>,
): Promise<Value> {
  const abort = new AbortController();
  const cancel = timers.after(longestTouchMs, () => abort.abort());
  try {
    return await run({
      verification: { method: 'finger' },
      signal: abort.signal,
      onProgress: () => undefined,
    });
  } finally {
    cancel();
  }
}
