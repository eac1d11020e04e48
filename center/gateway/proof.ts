import { verify } from 'node:crypto';
import type { DeviceId } from '#contracts/ids.ts';
import { proofPreamble } from '#contracts/wire/protocol.ts';
import { publicKeyFrom } from '../identity.ts';

/** What a device signs to prove itself. */
export interface Proof {
  readonly nonce: string;
  readonly device: DeviceId;
  readonly center: string;
  readonly ticket: string;
}

/** The signed text. */
export const proofText = ({ nonce, device, center, ticket }: Proof) =>
  [proofPreamble, nonce, device, center, ticket].join('\n');

/** Whether `signature` (base64) over the proof was made with the private half of `publicKey` (raw, base64). */
export function isProven(proof: Proof, signature: string, publicKey: string): boolean {
  const key = publicKeyFrom(Buffer.from(publicKey, 'base64'));
  const bytes = Buffer.from(signature, 'base64');
  return (
    key !== undefined &&
    bytes.length === 64 &&
    verify(null, Buffer.from(proofText(proof), 'utf8'), key, bytes)
  );
}
