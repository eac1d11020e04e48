import type { CtapKey } from '#access/ctap/ctap-key.ts';
import type { SampleQuality } from '#access/ctap/finger-enrolment.ts';
import { deviceError } from '#access/device-error.ts';
import type { DeviceFailure } from '#access/ports.ts';
import { Secret } from '#access/secret.ts';
import type { KeyOperation } from '#contracts/bridge/access.ts';
import type { RequestInput, RequestOutput } from '#contracts/bridge/requests.ts';
import { appError } from '#contracts/errors.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import type { RunningOperation } from './key-operations.ts';
import type { ProofSources } from './releasing.ts';

/** What the key on this computer can do, and with its PIN whose fingers it knows. */
export function describeKey(
  sources: ProofSources,
  { pin }: RequestInput<'keys.describe'>,
): Promise<Result<RequestOutput<'keys.describe'>>> {
  return withKey(sources, 'key-settings', pin, async (key, operation) => {
    const info = await key.info(operation);
    if (!info.ok) return info;
    const left = await key.retries(operation);
    if (!left.ok) return left;
    const fingers = pin === undefined ? null : await key.fingers(operation);
    if (fingers?.ok === false) return fingers;
    return ok({
      hasPin: info.value.pin.is,
      canTakeFingers: info.value.fingerCommand !== null,
      pinAttemptsLeft: left.value.pin,
      fingerAttemptsLeft: left.value.finger,
      fingers: fingers === null ? null : fingers.value.map(({ id, name }) => ({ id, name })),
    });
  });
}

/** Teaches the key a finger, touch by touch. */
export function enrolFinger(
  sources: ProofSources,
  { pin, name }: RequestInput<'keys.enrol-finger'>,
): Promise<Result<Record<string, never>>> {
  return withKey(sources, 'enrol-finger', pin, async (key, operation) => {
    const enrolled = await key.enrolFinger({
      ...operation,
      name,
      onSample: ({ good, wanted, last }) =>
        operation.onTouches({ good, needed: wanted, hint: hints[last] ?? null }),
    });
    return enrolled.ok ? ok({}) : enrolled;
  });
}

export function removeFinger(
  sources: ProofSources,
  { pin, id }: RequestInput<'keys.remove-finger'>,
): Promise<Result<Record<string, never>>> {
  return withKey(sources, 'key-settings', pin, async (key, operation) => {
    const removed = await key.removeFinger({ ...operation, finger: id });
    return removed.ok ? ok({}) : removed;
  });
}

/** Sets the first PIN, or changes it. */
export function changePin(
  sources: ProofSources,
  { present, next }: RequestInput<'keys.change-pin'>,
): Promise<Result<Record<string, never>>> {
  return withKey(sources, 'key-settings', undefined, async (key, operation) => {
    using newPin = secretOf(next);
    if (present === null) {
      const set = await key.setPin({ ...operation, pin: newPin });
      return set.ok ? ok({}) : set;
    }
    using oldPin = secretOf(present);
    const changed = await key.changePin({ ...operation, present: oldPin, next: newPin });
    return changed.ok ? ok({}) : changed;
  });
}

const secretOf = (pin: string): Secret => new Secret(new TextEncoder().encode(pin.normalize('NFC')));

/** Runs `work` on the key that was plugged in last. */
function withKey<Value>(
  { devices, operations }: ProofSources,
  kind: KeyOperation['kind'],
  pin: string | undefined,
  work: (key: CtapKey, operation: RunningOperation) => Promise<Result<Value, DeviceFailure>>,
): Promise<Result<Value>> {
  return operations.run({ kind, pin }, async (operation) => {
    const key = devices.fingerprintKeys().at(-1);
    if (key === undefined) return fail(appError('access.device-removed'));
    const outcome = await work(key, operation);
    return outcome.ok ? outcome : fail(deviceError(outcome.error));
  });
}

const hints: Partial<Readonly<Record<SampleQuality, NonNullable<KeyOperation['hint']>>>> = {
  'too-high': 'off-centre',
  'too-low': 'off-centre',
  'too-left': 'off-centre',
  'too-right': 'off-centre',
  skewed: 'off-centre',
  'too-fast': 'too-fast',
  'too-slow': 'too-slow',
  'not-lifted': 'too-slow',
  'too-short': 'too-short',
  'not-merged': 'too-similar',
  'already-enrolled': 'too-similar',
  poor: 'poor',
  unknown: 'poor',
};
