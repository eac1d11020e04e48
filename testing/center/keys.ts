/** An Ed25519 public key from its raw bytes in base64, as node:crypto takes it. Written apart from the center's own. */
export function spkiOf(raw: string) {
  const x = Buffer.from(raw, 'base64').toString('base64url');
  return { key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' } as const;
}
