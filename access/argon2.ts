import * as v from 'valibot';

/**
 * Cost of Argon2id. Kept in every slot, so that a later version may raise it for new slots. Upper bounds keep a tampered
 * file from freezing the machine.
 */
export const Argon2CostSchema = v.strictObject({
  /** Memory in KiB. */
  memoryKib: v.pipe(v.number(), v.integer(), v.minValue(8 * 1024), v.maxValue(256 * 1024)),
  passes: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10)),
});
export type Argon2Cost = v.InferOutput<typeof Argon2CostSchema>;

/**
 * OWASP Password Storage Cheat Sheet, Argon2id, first choice: 19 MiB, 2 passes, 1 lane. About 0.5 s with @noble/hashes on
 * one 2.5 GHz core (docs/specs/access.md ACC-4).
 */
export const usualArgon2Cost: Argon2Cost = { memoryKib: 19 * 1024, passes: 2 };

/** Derives 32 bytes from a passphrase. Slow by design; must not block the event loop. */
export type DerivePassphraseKey = (
  passphrase: Uint8Array,
  salt: Uint8Array,
  cost: Argon2Cost,
) => Promise<Uint8Array>;
