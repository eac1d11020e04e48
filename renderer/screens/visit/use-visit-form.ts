import { useEffect, useRef, useState } from 'react';
import type { EntryDraft, RequestOutput } from '#contracts/bridge/requests.ts';
import type { VisitView } from '#contracts/bridge/views.ts';
import type { AppError } from '#contracts/errors.ts';
import type { Instant, PersonId } from '#contracts/ids.ts';
import type { VisitEntry, VisitState } from '#contracts/records/visits.ts';
import { useRequest } from '../../bridge/hooks.tsx';
import type { FormDraft } from '../../drafts/drafts-context.tsx';
import {
  entriesOf,
  isAnythingTyped,
  typedSince,
  type VisitFields,
  vitalsMistakes,
  withoutRecorded,
} from './visit-fields.ts';

type SavedVisit = RequestOutput<'visits.record'>;

/** What is typed on a visit's page, and the ways it becomes part of the record. */
export interface VisitForm {
  readonly fields: VisitFields;
  change(part: Partial<VisitFields>): void;
  /** Saves everything that is typed, in one action; moves the visit to `state` in the same one. Null where nothing was saved. */
  save(state?: VisitState): Promise<SavedVisit | null>;
  /** Appends marks (entered in error, taken back) at once; what is typed stays. */
  mark(entry: EntryDraft): Promise<boolean>;
  move(state: VisitState): Promise<SavedVisit | null>;
  readonly hasTyped: boolean;
  readonly isBusy: boolean;
  readonly error: AppError | null;
  /** When the last save was done, for the words "saved on this computer". */
  readonly savedAt: Instant | null;
  /** Counts attempts that something typed wrongly stopped. */
  readonly refusedAttempts: number;
}

interface VisitFormParts {
  readonly visit: VisitView;
  readonly draft: FormDraft;
  /** What a list of drafts calls this one. */
  readonly title: string;
  readonly person: PersonId;
  readonly initial: VisitFields;
}

/** State of the visit's form. Typing goes into the draft box; a save that the disk confirmed empties it. */
export function useVisitForm({ visit, draft, title, person, initial }: VisitFormParts): VisitForm {
  const record = useRequest('visits.record');
  const moving = useRequest('visits.move');
  const [fields, setFields] = useState(initial);
  const [savedAt, setSavedAt] = useState<Instant | null>(null);
  const [refusedAttempts, setRefusedAttempts] = useState(0);
  const hasTyped = isAnythingTyped(fields);
  const latest = useRef(fields);
  latest.current = fields;
  // The key that saves repeats while it is held, and asks nobody whether a save is under way.
  const isSaving = useRef(false);
  /** Entries that were there when the last save was sent. */
  const knownEntries = useRef<ReadonlySet<string>>(new Set());

  const change = (part: Partial<VisitFields>) => {
    const next = { ...fields, ...part };
    setFields(next);
    setSavedAt(null);
    if (isAnythingTyped(next)) draft.keep(title, next);
    else draft.forget();
  };

  // The draft of what turned out to be recorded is not needed any more.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, for what was restored
  useEffect(() => {
    if (!hasTyped) draft.forget();
  }, []);

  // No answer came: when the link is back, the visit itself says whether the save was done.
  const isUnsure = record.error?.code === 'bridge.link-lost';
  // biome-ignore lint/correctness/useExhaustiveDependencies: looked at with each new revision
  useEffect(() => {
    if (!isUnsure) return;
    const since = visit.body.entries.filter((entry) => !knownEntries.current.has(entry.id));
    const left = withoutRecorded(fields, since, person);
    if (left === fields) return;
    change(left);
    setSavedAt(newestAt(since, person));
    record.clear();
  }, [isUnsure, visit.rev]);

  const send = async (entries: readonly EntryDraft[], state: VisitState | undefined) => {
    const late = fields.enteredLate.trim();
    knownEntries.current = new Set(visit.body.entries.map((entry) => entry.id));
    const outcome = await record.send({
      id: visit.id,
      entries: [...entries],
      ...(state === undefined ? {} : { state }),
      ...(late === '' ? {} : { enteredLate: late }),
    });
    if (outcome.ok) setSavedAt(outcome.value.delivery.savedAt);
    return outcome.ok ? outcome.value : null;
  };

  const move = async (state: VisitState) => {
    const outcome = await moving.send({ id: visit.id, state });
    if (outcome.ok) setSavedAt(outcome.value.delivery.savedAt);
    return outcome.ok ? outcome.value : null;
  };

  const save = async (state: VisitState | undefined) => {
    if (vitalsMistakes(fields.vitals).length > 0) {
      setRefusedAttempts(refusedAttempts + 1);
      return null;
    }
    const entries = entriesOf(fields);
    if (entries.length === 0) return state === undefined ? null : await move(state);
    const outcome = await send(entries, state);
    if (outcome === null) return null;
    const left = typedSince(fields, latest.current);
    setFields(left);
    setRefusedAttempts(0);
    if (isAnythingTyped(left)) draft.keep(title, left);
    else draft.forget();
    return outcome;
  };

  return {
    fields,
    change,
    move,
    async save(state) {
      if (isSaving.current) return null;
      isSaving.current = true;
      try {
        return await save(state);
      } finally {
        isSaving.current = false;
      }
    },
    mark: async (entry) => (await send([entry], undefined)) !== null,
    hasTyped,
    isBusy: record.isBusy || moving.isBusy,
    error: record.error ?? moving.error,
    savedAt,
    refusedAttempts,
  };
}

/** When `person` made the newest of `entries`; null if none is hers. The visit's own last version may be somebody else's. */
function newestAt(entries: readonly VisitEntry[], person: PersonId): Instant | null {
  const own = entries.filter((entry) => entry.by === person);
  return own.length === 0 ? null : Math.max(...own.map(({ at }) => at));
}
