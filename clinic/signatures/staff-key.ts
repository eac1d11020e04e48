import type { Instant } from '#contracts/ids.ts';
import type { StaffKey } from '#contracts/records/signature.ts';
import { base64Of } from './base64.ts';
import { signingKeyId } from './sign.ts';

/** What a staff record says of a person's new signing key. */
export const staffKey = (publicKey: Uint8Array, since: Instant): StaffKey => ({
  id: signingKeyId(publicKey),
  publicKey: base64Of(publicKey),
  since,
});
