import { createHash } from 'node:crypto';
import { join } from 'node:path';
import * as v from 'valibot';
import type { Random } from '#clinic/ports/clock.ts';
import { type PersonId, PersonIdSchema } from '#contracts/ids.ts';
import type { Result } from '#contracts/result.ts';
import { fail, ok } from '#contracts/result.ts';
import { diskFailure } from './disk-failure.ts';
import { readIfThere, replaceDurably } from './durable-file.ts';

/**
 * Which card belongs to whom, for the lock screen: read while nobody has the data key, so it lies in the open. A card can be copied
 * and a file be changed: either only picks a name, and its owner still proves that she is there (ACC-8).
 */
export interface StaffCards {
  personOf(number: string): PersonId | undefined;
  hasCard(person: PersonId): boolean;
  /** The card is this person's and nobody else's; null takes hers away. Fails with `store.disk-full`. */
  bind(person: PersonId, number: string | null): Promise<Result<true>>;
}

const fileName = 'cards.json';
const mostCards = 400;
const hex = (bytes: number) => v.pipe(v.string(), v.regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`)));

/** Numbers are hashed with a salt of this file, so that they do not stand there to be read; short ones can still be guessed. */
const CardFileSchema = v.object({
  salt: hex(16),
  cards: v.pipe(v.array(v.object({ digest: hex(32), person: PersonIdSchema })), v.maxLength(mostCards)),
});
type CardFile = v.InferOutput<typeof CardFileSchema>;

/** Reads the cards of a folder; a missing or damaged file counts as empty. */
export async function openStaffCards(folder: string, random: Random): Promise<StaffCards> {
  const path = join(folder, fileName);
  let file = (await read(path)) ?? { salt: Buffer.from(random.bytes(16)).toString('hex'), cards: [] };
  const digestOf = (number: string) => createHash('sha256').update(`${file.salt}\n${number}`).digest('hex');
  return {
    personOf: (number) => {
      const digest = digestOf(number);
      return file.cards.find((card) => card.digest === digest)?.person;
    },
    hasCard: (person) => file.cards.some((card) => card.person === person),
    bind: async (person, number) => {
      const digest = number === null ? null : digestOf(number);
      const others = file.cards.filter((card) => card.person !== person && card.digest !== digest);
      const next = { ...file, cards: [...others, ...(digest === null ? [] : [{ digest, person }])] };
      try {
        await replaceDurably(path, JSON.stringify(next));
      } catch (error) {
        const expected = diskFailure(error);
        if (expected === undefined) throw error;
        return fail(expected);
      }
      file = next;
      return ok(true);
    },
  };
}

async function read(path: string): Promise<CardFile | undefined> {
  try {
    const parsed = v.safeParse(CardFileSchema, JSON.parse((await readIfThere(path)) ?? 'null'));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}
