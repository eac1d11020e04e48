import { createPrivateKey, sign, verify } from 'node:crypto';
import * as v from 'valibot';
import type { Random } from '#clinic/ports/clock.ts';
import { type DeviceId, DeviceIdSchema, type Scope } from '#contracts/ids.ts';
import type { CenterMessage } from '#contracts/wire/center-messages.ts';
import type { ClientMessage } from '#contracts/wire/client-messages.ts';
import {
  certificateText,
  generateDeviceKeys,
  proofText,
  publicKeyOf,
  type Ticket,
} from '#sync/device-identity.ts';
import { uuidV7 } from '#sync/uuid-v7.ts';
import { type CenterState, type Device, hex, type Refusal } from './memory-center-state.ts';

type MessageOf<Type extends ClientMessage['type']> = Extract<ClientMessage, { readonly type: Type }>;
type Enrolled = Extract<CenterMessage, { readonly type: 'enrolled' }>;

/** The center's keys, and what it knows of devices (TKT-1 to TKT-4). */
export class MemoryDevices {
  readonly #random: Random;
  readonly #center: string;
  readonly #keys: { readonly privateKey: string; readonly publicKey: string };

  constructor(center: string, random: Random) {
    this.#center = center;
    this.#random = random;
    this.#keys = generateDeviceKeys(random);
  }

  /** Ed25519, base64. */
  sign(text: string): string {
    const der = Buffer.from(this.#keys.privateKey, 'base64');
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    return sign(null, Buffer.from(text), key).toString('base64');
  }

  newTicket(): Ticket {
    return hex(this.#random.bytes(32));
  }

  issueCode(state: CenterState, scope: Scope): string {
    const code = [...this.#random.bytes(10)]
      .map((byte) => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'[byte % 32])
      .join('');
    state.codes.set(code, { scope, isUsed: false });
    return code;
  }

  enrol(state: CenterState, { code, publicKey }: MessageOf<'enrol'>, now: number): Enrolled | Refusal {
    const issued = state.codes.get(code);
    if (issued === undefined) return 'enrolment.code-unknown';
    if (issued.isUsed) return 'enrolment.code-stale';
    issued.isUsed = true;
    const device = v.parse(DeviceIdSchema, uuidV7(now, this.#random));
    const ticket = this.newTicket();
    const { scope } = issued;
    const fresh = { offered: null, isCloned: false, isRevoked: false, wipe: 'no' } as const;
    state.devices.set(device, { scope, publicKey, confirmed: ticket, ...fresh });
    const certificate = this.sign(certificateText(device, scope, publicKey));
    const centerKey = this.#keys.publicKey;
    return { type: 'enrolled', device, scope, ticket, certificate, centerKey };
  }

  refusalOf(
    device: Device,
    nonce: string,
    { device: id, ticket, signature }: MessageOf<'prove'>,
  ): Refusal | undefined {
    const text = proofText({ nonce, device: id, center: this.#center, ticket });
    if (!verify(null, Buffer.from(text), publicKeyOf(device.publicKey), Buffer.from(signature, 'base64'))) {
      return 'sync.proof-refused';
    }
    if (device.isRevoked) return 'sync.device-revoked';
    const isKnown = device.confirmed === null || ticket === device.confirmed || ticket === device.offered;
    device.isCloned ||= !isKnown;
    return device.isCloned ? 'sync.device-cloned' : undefined;
  }

  /** Whether the ticket is one this device may confirm. */
  confirm(device: Device, ticket: Ticket): boolean {
    if (ticket === device.offered) {
      device.confirmed = ticket;
      device.offered = null;
      return true;
    }
    return ticket === device.confirmed && device.offered === null;
  }
}

export function deviceOf(state: CenterState, id: DeviceId): Device {
  const device = state.devices.get(id);
  if (device === undefined) throw new Error('no such device');
  return device;
}
