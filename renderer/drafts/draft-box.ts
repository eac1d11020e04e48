import * as v from 'valibot';
import type { Clock, Timers } from '#clinic/ports/clock.ts';
import { RecordIdSchema } from '#contracts/ids.ts';
import { type DraftKeys, draftId, openDraft, sealDraft } from './draft-crypto.ts';
import { subjectKey } from './subject-key.ts';

/** A sealed draft as it lies on disk: nothing in it tells a patient (DRA-1). */
export interface SealedDraft {
  readonly id: string;
  readonly sealed: string;
  /** When it was typed, in milliseconds since 1970 by the screen's clock. */
  readonly at: number;
}

/** Where sealed drafts are kept. */
export interface DraftStore {
  /** Every draft whose id begins with `owner`. */
  list(owner: string): Promise<readonly SealedDraft[]>;
  put(draft: SealedDraft): Promise<void>;
  /** Removing what is not there is no failure. */
  remove(id: string): Promise<void>;
  close(): Promise<void>;
}

/** What is being typed. */
export const DraftSubjectSchema = v.variant('form', [
  v.object({ form: v.literal('registration') }),
  v.object({ form: v.literal('visit'), patientId: RecordIdSchema, visitId: RecordIdSchema }),
]);
export type DraftSubject = v.InferOutput<typeof DraftSubjectSchema>;

const DraftContentSchema = v.object({
  subject: DraftSubjectSchema,
  /** What a list of drafts calls it: usually a patient's name. */
  title: v.string(),
  values: v.unknown(),
});

export interface Draft extends v.InferOutput<typeof DraftContentSchema> {
  readonly at: number;
}

/** Drafts of one signed-in person. */
export interface DraftBox {
  drafts(): readonly Draft[];
  /** Drafts that did not open and were thrown away when the box was opened. */
  readonly discarded: number;
  /** Keeps the latest of what is typed, on disk within about a second (DRA-4). */
  keep(subject: DraftSubject, title: string, values: unknown): void;
  /** It was saved as a record, or thrown away on purpose. */
  forget(subject: DraftSubject): Promise<void>;
  onChange(changed: () => void): () => void;
  /** True while the last attempt to write a draft failed. */
  isFailing(): boolean;
  /** Writes what waits, then drops the keys. */
  close(): Promise<void>;
}

export interface DraftBoxParts {
  readonly store: DraftStore;
  readonly keys: DraftKeys;
  readonly crypto: Pick<Crypto, 'subtle' | 'getRandomValues'>;
  readonly clock: Clock;
  readonly timers: Timers;
}

/** Drafts of one person at most; the oldest goes first. */
export const mostDrafts = 40;
/** A draft nobody came back to. */
export const oldestDraftMs = 14 * 24 * 60 * 60 * 1000;
const writeWaitMs = 1_000;

/** Opens the box: reads and unseals what the person left, and throws away what is spoilt, too old or too much. */
export async function openDraftBox(parts: DraftBoxParts): Promise<DraftBox> {
  const { store, keys, crypto, clock, timers } = parts;
  const { opened, discarded } = await readDrafts(parts);
  const draftsByKey = new Map(opened.map((draft) => [subjectKey(draft.subject), draft]));
  const waiting = new Set<string>();
  const listeners = new Set<() => void>();
  let isFailing = false;
  let isClosed = false;
  let cancelTimer: (() => void) | null = null;
  // One write after the other, so that an older text never lands on a newer one.
  let writing: Promise<void> = Promise.resolve();

  const tell = () => {
    for (const listener of listeners) listener();
  };

  const write = async (key: string) => {
    const id = await draftId(crypto, keys, key);
    const draft = draftsByKey.get(key);
    if (draft === undefined) return await store.remove(id);
    const { at, ...content } = draft;
    await store.put({ id, at, sealed: await sealDraft(crypto, keys, id, JSON.stringify(content)) });
  };

  const writeAll = async () => {
    const due = [...waiting];
    waiting.clear();
    for (const key of due) {
      try {
        await write(key);
        isFailing = false;
      } catch {
        // Disk full or storage gone: kept in memory, tried again with the next change, and said on the screen.
        waiting.add(key);
        isFailing = true;
      }
    }
    tell();
  };

  const flush = () => {
    cancelTimer?.();
    cancelTimer = null;
    writing = writing.then(writeAll);
    return writing;
  };

  const schedule = (key: string) => {
    waiting.add(key);
    // From the first change on, not from the last: steady typing must not put the write off for ever.
    cancelTimer ??= timers.after(writeWaitMs, () => void flush());
  };

  const dropOldest = () => {
    while (draftsByKey.size > mostDrafts) {
      const [oldest] = [...draftsByKey].sort(([, one], [, other]) => one.at - other.at);
      if (oldest === undefined) return;
      draftsByKey.delete(oldest[0]);
      waiting.add(oldest[0]);
    }
  };

  return {
    discarded,
    drafts: () => [...draftsByKey.values()].sort((one, other) => other.at - one.at),
    keep(subject, title, values) {
      if (isClosed) return;
      const key = subjectKey(subject);
      const isNew = !draftsByKey.has(key);
      draftsByKey.set(key, { subject, title, values, at: clock.now() });
      dropOldest();
      schedule(key);
      if (isNew) tell();
    },
    async forget(subject) {
      const key = subjectKey(subject);
      if (isClosed || !draftsByKey.delete(key)) return;
      waiting.add(key);
      tell();
      await flush();
    },
    onChange(changed) {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    isFailing: () => isFailing,
    async close() {
      isClosed = true;
      await flush();
      draftsByKey.clear();
      await store.close();
    },
  };
}

async function readDrafts(parts: DraftBoxParts): Promise<{ opened: readonly Draft[]; discarded: number }> {
  const { store, keys, crypto, clock } = parts;
  const opened: Draft[] = [];
  let discarded = 0;
  const sealed = [...(await store.list(keys.owner))].sort((one, other) => other.at - one.at);
  for (const each of sealed) {
    const isOutdated = clock.now() - each.at > oldestDraftMs || opened.length >= mostDrafts;
    const draft = isOutdated ? null : parseDraft(each, await openDraft(crypto, keys, each.id, each.sealed));
    if (draft !== null) opened.push(draft);
    else await store.remove(each.id);
    if (draft === null && !isOutdated) discarded += 1;
  }
  return { opened, discarded };
}

function parseDraft(sealed: SealedDraft, text: string | null): Draft | null {
  if (text === null) return null;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), DraftContentSchema), text);
  return parsed.success ? { ...parsed.output, at: sealed.at } : null;
}
