import * as v from 'valibot';

/**
 * How a plugged-in device stands: `ready`; `no-permission`: the system keeps this account from it (docs/runbooks/readers.md);
 * `in-use`: another program holds it; `failed`: it answers nonsense or not at all; `not-usable-on-this-system`: the system
 * keeps such devices for itself, another road leads to them.
 */
export const DeviceStatusSchema = v.picklist([
  'ready',
  'no-permission',
  'in-use',
  'failed',
  'not-usable-on-this-system',
]);
export type DeviceStatus = v.InferOutput<typeof DeviceStatusSchema>;

/** A device that is plugged in, usable or not. */
export const DeviceFactSchema = v.object({
  /** Tells devices apart while they are plugged in; another one after each plugging in. */
  id: v.pipe(v.string(), v.maxLength(64)),
  kind: v.picklist(['key', 'card-reader', 'scanner']),
  /** As the device calls itself: printable, may be empty. */
  name: v.pipe(v.string(), v.maxLength(80)),
  status: DeviceStatusSchema,
});
export type DeviceFact = v.InferOutput<typeof DeviceFactSchema>;

/**
 * How a way to devices stands: `starting`; `ready`; `library-missing`: what it needs is not installed, or does not load;
 * `service-not-running`: the system's service for smart cards does not answer, which on Windows is usual without a reader;
 * `system-too-old`: this Windows gives no secrets of security keys (Windows 10); `failed`: it worked and then did not.
 * The road `system-keys` is there on Windows only, where security keys are reached by the system's own dialogs.
 */
export const DeviceRoadSchema = v.object({
  road: v.picklist(['usb', 'smart-card', 'system-keys']),
  status: v.picklist([
    'starting',
    'ready',
    'library-missing',
    'service-not-running',
    'system-too-old',
    'failed',
  ]),
});
export type DeviceRoad = v.InferOutput<typeof DeviceRoadSchema>;
