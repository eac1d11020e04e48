import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import * as v from 'valibot';
import type { Random } from '#clinic/ports/clock.ts';
import type { SettingsReader, SettingsWriter } from '#clinic/ports/replica.ts';
import { type DeviceId, DeviceIdSchema, ScopeSchema } from '#contracts/ids.ts';
import { TicketSchema } from '#contracts/wire/client-messages.ts';
import { proofPreamble } from '#contracts/wire/protocol.ts';

const identityKey = 'device.identity';
const ticketKey = 'device.ticket';

/** One use each, rotates at every connection. */
export type Ticket = v.InferOutput<typeof TicketSchema>;

const DeviceIdentitySchema = v.object({
  device: DeviceIdSchema,
  /** The facility the workstation belongs to. */
  scope: ScopeSchema,
  /** Address of the center, ws: or wss:. */
  centerUrl: v.string(),
  /** Stable id of the center; nothing is signed for another one (TKT-6). */
  centerId: v.pipe(v.string(), v.uuid()),
  /** The center's raw Ed25519 public key, base64. */
  centerKey: v.string(),
  /** The center's signature over device, scope and public key, base64. */
  certificate: v.string(),
  /** Ed25519 private key, PKCS 8 DER, base64. Lies in the encrypted replica only. */
  privateKey: v.string(),
});

/** Who this workstation is to its center. */
export type DeviceIdentity = v.InferOutput<typeof DeviceIdentitySchema>;

/** The identity kept at enrolment, or undefined before. Throws if what is kept does not parse: a broken invariant. */
export function loadDeviceIdentity(settings: SettingsReader): DeviceIdentity | undefined {
  const text = settings.get(identityKey);
  return text === undefined ? undefined : v.parse(DeviceIdentitySchema, JSON.parse(text));
}

/** Keeps identity and first ticket, inside the transaction that finishes enrolment. */
export function saveDeviceIdentity(settings: SettingsWriter, identity: DeviceIdentity, ticket: Ticket): void {
  settings.set(identityKey, JSON.stringify(identity));
  saveTicket(settings, ticket);
}

/** The newest ticket that is durable here. Throws before enrolment. */
export function loadTicket(settings: SettingsReader): Ticket {
  return v.parse(TicketSchema, settings.get(ticketKey));
}

/** Keeps the ticket of a `welcome`; confirmed to the center only after this is durable (TKT-3). */
export function saveTicket(settings: SettingsWriter, ticket: Ticket): void {
  settings.set(ticketKey, ticket);
}

/** RFC 8410: what stands before the 32 bytes of an Ed25519 private key in PKCS 8, and of a public key in SPKI. */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

/** A fresh Ed25519 key pair: private as PKCS 8 DER, public raw, both base64. */
export function generateDeviceKeys(random: Random): {
  readonly privateKey: string;
  readonly publicKey: string;
} {
  const der = Buffer.concat([pkcs8Prefix, random.bytes(32)]);
  const spki = createPublicKey(privateKeyOf(der)).export({ format: 'der', type: 'spki' });
  return {
    privateKey: der.toString('base64'),
    publicKey: spki.subarray(spkiPrefix.length).toString('base64'),
  };
}

/** The key object of a raw Ed25519 public key in base64. Throws if it is not 32 bytes. */
export function publicKeyOf(raw: string): KeyObject {
  const bytes = Buffer.from(raw, 'base64');
  if (bytes.length !== 32) throw new Error('an Ed25519 public key has 32 bytes');
  return createPublicKey({ key: Buffer.concat([spkiPrefix, bytes]), format: 'der', type: 'spki' });
}

const privateKeyOf = (der: Buffer): KeyObject => createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });

/** What a device signs to prove itself, as `proofPreamble` describes it. */
export function proofText(proof: {
  readonly nonce: string;
  readonly device: DeviceId;
  readonly center: string;
  readonly ticket: Ticket;
}): string {
  return [proofPreamble, proof.nonce, proof.device, proof.center, proof.ticket].join('\n');
}

/** What the center signs to accept a device: device id, LF, scope, LF, public key. */
export const certificateText = (device: DeviceId, scope: string, publicKey: string): string =>
  [device, scope, publicKey].join('\n');

/** Ed25519 signature of the proof, base64. */
export function signProof(identity: DeviceIdentity, nonce: string, ticket: Ticket): string {
  const text = proofText({ nonce, device: identity.device, center: identity.centerId, ticket });
  return sign(null, Buffer.from(text), privateKeyOf(Buffer.from(identity.privateKey, 'base64'))).toString(
    'base64',
  );
}
