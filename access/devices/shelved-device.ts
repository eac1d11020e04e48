import type { CtapKey } from '../ctap/ctap-key.ts';
import type { CardReader, CodeScanner } from '../ports.ts';

/** A device in use, under the port it serves. */
export type ShelvedDevice = (
  | { readonly kind: 'key'; readonly device: CtapKey }
  | { readonly kind: 'card-reader'; readonly device: CardReader }
  | { readonly kind: 'scanner'; readonly device: CodeScanner }
) & {
  /** Leaves the device as it was found; its pipe is closed by whoever opened it. Never rejects, safe to call twice. */
  close(): Promise<void>;
};
