import { createHash, timingSafeEqual } from 'node:crypto';
import * as v from 'valibot';
import type { Clock, Random } from '#clinic/ports/clock.ts';

/** Most tokens that wait for their use, and most tabs that are known; the oldest go. */
const mostTokens = 8;
const mostPasses = 32;
const tokenLifeMs = 12 * 60 * 60_000;
const passLifeMs = 30 * 24 * 60 * 60_000;

/** Digest of a token or pass, and when it was made. The secret itself is not kept. */
const AdmittedSchema = v.object({
  digest: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  at: v.pipe(v.number(), v.integer(), v.minValue(0)),
});
export const AdmittedListSchema = v.pipe(v.array(AdmittedSchema), v.maxLength(mostPasses));
export type Admitted = v.InferOutput<typeof AdmittedSchema>;

/** Keeps the passes over a restart, so that an open page finds its way back after the process was killed. */
export interface PassStore {
  load(): Promise<readonly Admitted[]>;
  save(passes: readonly Admitted[]): Promise<void>;
}

/** Lets pages of this computer in: by a one-time token first, by the tab's own pass from then on (BRI-2). */
export interface ScreenDoor {
  /** A fresh one-time token for an address. */
  newToken(): string;
  /** The pass to be used from now on: a new one for a token, the same for a pass, null for anything else. */
  admit(credential: string | undefined): Promise<string | null>;
}

/** Opens the door. A pass list that cannot be read counts as empty: the page then needs a new address. */
export async function openScreenDoor(store: PassStore, clock: Clock, random: Random): Promise<ScreenDoor> {
  let tokens: readonly Admitted[] = [];
  let passes = await store.load();
  const now = () => Math.max(0, Math.floor(clock.now()));
  const make = () => Buffer.from(random.bytes(32)).toString('base64url');

  return {
    newToken: () => {
      const token = make();
      tokens = [...tokens, { digest: digestOf(token), at: now() }].slice(-mostTokens);
      return token;
    },
    admit: async (credential) => {
      if (credential === undefined) return null;
      if (find(passes, credential, now(), passLifeMs) !== undefined) return credential;
      const token = find(tokens, credential, now(), tokenLifeMs);
      if (token === undefined) return null;
      // Used up before anything is awaited: two pages must not get in by one token.
      tokens = tokens.filter((each) => each !== token);
      const pass = make();
      passes = [...passes, { digest: digestOf(pass), at: now() }].slice(-mostPasses);
      await store.save(passes);
      return pass;
    },
  };
}

const digestOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** Compares with every entry in constant time. A clock that was set back makes nothing expire. */
function find(
  entries: readonly Admitted[],
  credential: string,
  now: number,
  lifeMs: number,
): Admitted | undefined {
  const digest = Buffer.from(digestOf(credential), 'hex');
  let found: Admitted | undefined;
  for (const entry of entries) {
    const isEqual = timingSafeEqual(digest, Buffer.from(entry.digest, 'hex'));
    if (isEqual && now - entry.at < lifeMs) found = entry;
  }
  return found;
}
