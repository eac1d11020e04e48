import { newPaperKey, printPaperKey } from '#access/paper-key.ts';
import type { Secret } from '#access/secret.ts';
import type { Random } from '#clinic/ports/clock.ts';
import type { RequestInput } from '#contracts/bridge/requests.ts';
import { appError } from '#contracts/errors.ts';
import { fail, ok, type Result } from '#contracts/result.ts';

/** A paper key that is being written down. It opens nothing until it is known to stand on paper. */
export class PaperDraft {
  readonly #random: Random;
  #key: Secret | null = null;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Draws another one; the one before is forgotten. */
  draw(): readonly string[] {
    this.forget();
    this.#key = newPaperKey(this.#random);
    return printPaperKey(this.#key).split('-');
  }

  /** The key, if at least two different groups were typed as they stand on it. Stays the draft's to wipe. */
  typedBack(typed: RequestInput<'recovery.keep-paper'>['groups']): Result<Secret> {
    if (this.#key === null) return fail(appError('record.not-found', { part: 'paper-key' }));
    const groups = printPaperKey(this.#key).split('-');
    const wrong = typed.filter(({ group, text }) => text.trim().toUpperCase() !== groups[group - 1]);
    if (wrong.length > 0) {
      return fail(appError('access.paper-key-wrong', { groups: wrong.map(({ group }) => String(group)) }));
    }
    if (new Set(typed.map(({ group }) => group)).size < 2) return fail(appError('access.paper-key-wrong'));
    return ok(this.#key);
  }

  forget(): void {
    this.#key?.wipe();
    this.#key = null;
  }
}
