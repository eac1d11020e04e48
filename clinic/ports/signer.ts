/**
 * The signing key of the person who is signed in: Ed25519, made from her person seed when a key or passphrase of hers opened the
 * workstation, gone when she locks (docs/specs/audit.md SIG-1).
 */
export interface Signer {
  /** Raw Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** Ed25519 signature of `bytes` as they are (no prehash), 64 bytes. Throws once the session has ended. */
  sign(bytes: Uint8Array): Uint8Array;
}
