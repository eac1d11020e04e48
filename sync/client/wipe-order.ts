import { verify } from 'node:crypto';
import type * as v from 'valibot';
import type { DeviceId } from '#contracts/ids.ts';
import type { WipeSchema } from '#contracts/wire/center-messages.ts';
import { wipePreamble } from '#contracts/wire/protocol.ts';
import { type DeviceIdentity, publicKeyOf } from '../device-identity.ts';

export type WipeOrder = Omit<v.InferOutput<typeof WipeSchema>, 'type'>;

/** What the center signs, as `wipePreamble` describes it. */
export const wipeText = (device: DeviceId, nonce: string): string => [wipePreamble, device, nonce].join('\n');

/** Whether the order is about this device, of this connection, and signed by the center it was enrolled with (WIP-1). */
export function isGenuineWipe(order: WipeOrder, identity: DeviceIdentity, nonce: string): boolean {
  if (order.device !== identity.device) return false;
  const text = Buffer.from(wipeText(order.device, nonce));
  try {
    return verify(null, text, publicKeyOf(identity.centerKey), Buffer.from(order.signature, 'base64'));
  } catch {
    // Not a key at all.
    return false;
  }
}
