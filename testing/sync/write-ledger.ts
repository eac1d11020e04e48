import type { RecordId, Revision } from '#contracts/ids.ts';
import type { AnyRecord, CollectionName } from '#contracts/records/registry.ts';
import { canonicalJson } from '#sync/merge/canonical-json.ts';

/** One durable local edit of one field, by a value that nobody else ever writes. */
export interface NotedWrite {
  readonly collection: CollectionName;
  readonly id: RecordId;
  readonly field: string;
  /** Occurs in the written value and nowhere else. */
  readonly token: string;
  readonly rev: Revision;
}

interface Noted extends NotedWrite {
  /** The field's whole value as written. */
  readonly after: unknown;
}

/**
 * Remembers every durable edit of a world, and what its author saw in the field before, so that afterwards each can be
 * looked for and each overwrite judged.
 */
export class WriteLedger {
  readonly writes: Noted[] = [];
  /** By record, field and written value: the value its author saw. */
  readonly #seen = new Map<string, string | undefined>();
  #tokens = 0;

  /** A text nobody used yet. */
  token(): string {
    this.#tokens += 1;
    return `t${this.#tokens.toString().padStart(6, '0')}`;
  }

  /** Notes one field of a durable edit. Values are compared as JSON. */
  note(write: NotedWrite, before: unknown, after: unknown): void {
    this.writes.push({ ...write, after });
    const text = textOf(after);
    if (text !== undefined)
      this.#seen.set(keyOf(write.collection, write.id, write.field, text), textOf(before));
  }

  /**
   * Writes of which `isKept` finds no trace, neither of themselves nor of a later edit by somebody who had seen them: a
   * nurse who corrects what she has not sent yet replaces it.
   */
  lost(isKept: (token: string) => boolean): readonly NotedWrite[] {
    const kept = this.writes.filter(({ token }) => isKept(token));
    return this.writes.filter(
      (write) =>
        !isKept(write.token) &&
        !kept.some(
          (later) => later.id === write.id && later.field === write.field && this.#replaced(write, later),
        ),
    );
  }

  #replaced(write: Noted, later: Noted): boolean {
    return this.hadSeen(write.collection, write.id, write.field, write.after, later.after);
  }

  /** Whether whoever wrote `after` into the field had seen `before` there, now or earlier in the same line of edits. */
  hadSeen(collection: CollectionName, id: RecordId, field: string, before: unknown, after: unknown): boolean {
    const wanted = textOf(before);
    let text = textOf(after);
    for (let steps = 0; text !== undefined && steps < 10_000; steps += 1) {
      if (text === wanted) return true;
      text = this.#seen.get(keyOf(collection, id, field, text));
    }
    return text === wanted;
  }
}

const textOf = (value: unknown): string | undefined =>
  value === undefined ? undefined : canonicalJson(value);
const keyOf = (...parts: readonly string[]): string => parts.join('\n');

/** Fields of a record's body by name. */
export const fieldsOf = (record: AnyRecord): Readonly<Record<string, unknown>> => ({ ...record.body });
