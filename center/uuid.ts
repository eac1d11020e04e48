import * as v from 'valibot';
import { type DeviceId, DeviceIdSchema } from '#contracts/ids.ts';
import type { Clock, Random } from './ports.ts';

/** A new UUIDv7 (RFC 9562, section 5.7): 48 bits of milliseconds, then randomness. */
export function uuidV7(clock: Clock, random: Random): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(clock.now(), 0, 6);
  bytes.set(random.bytes(10), 6);
  bytes.writeUInt8(((bytes[6] ?? 0) & 0x0f) | 0x70, 6);
  bytes.writeUInt8(((bytes[8] ?? 0) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Id for a workstation that is being enrolled. */
export function newDeviceId(clock: Clock, random: Random): DeviceId {
  return v.parse(DeviceIdSchema, uuidV7(clock, random));
}
