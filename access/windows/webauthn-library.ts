/** Code of a call of Windows, as an unsigned number of 32 bits; 0 is success. */
export type HResult = number;

/** An answer of `webauthn.dll`, or the code it failed with. */
export type WebauthnAnswer<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly code: HResult };

/** What every operation says. */
interface WebauthnOrder {
  /** Hashed by the library with SHA-256: what the key signs. */
  readonly clientData: Uint8Array;
  readonly relyingParty: string;
  /** From {@link WebauthnLibrary.newCancellation}. */
  readonly cancellation: Uint8Array;
  /** How long the system's dialog may wait; a wish only. */
  readonly timeoutMs: number;
}

/** A non-resident ES256 credential with hmac-secret on a key that is no part of the computer; its owner verified. */
export interface MakeOrder extends WebauthnOrder {
  readonly shownName: string;
  readonly user: Uint8Array;
  /** Ids of credentials that the key must not hold. */
  readonly excluded: readonly Uint8Array[];
}

/** The secret of whichever credential the key holds; the owner verified. */
export interface AssertionOrder extends WebauthnOrder {
  /** At least one. */
  readonly credentials: readonly AllowedCredential[];
}

export interface AllowedCredential {
  readonly id: Uint8Array;
  /** 32 bytes as the key gets them: nothing is hashed on the way. */
  readonly rawSalt: Uint8Array;
}

/** Copies of what the library gave; its own memory is freed. */
export interface MadeCredential {
  readonly format: string;
  readonly authenticatorData: Uint8Array;
  /** The attestation statement in CBOR. */
  readonly statement: Uint8Array;
}

export interface MadeAssertion {
  readonly authenticatorData: Uint8Array;
  readonly signature: Uint8Array;
  readonly credentialId: Uint8Array;
  /** Undefined: the key or the system gave none. The caller wipes it. */
  readonly secret: Uint8Array | undefined;
}

/**
 * The system's own way to security keys. Its dialogs ask for key, finger and PIN; a call comes back when they are closed, and is
 * made in a thread of its own. Calls reject only where Windows itself cannot be called.
 */
export interface WebauthnLibrary {
  /** 16 bytes that name one operation. */
  newCancellation(): WebauthnAnswer<Uint8Array>;
  /** Ends the operation of that name; its call comes back soon after. */
  cancel(cancellation: Uint8Array): void;
  makeCredential(order: MakeOrder): Promise<WebauthnAnswer<MadeCredential>>;
  getAssertion(order: AssertionOrder): Promise<WebauthnAnswer<MadeAssertion>>;
}
