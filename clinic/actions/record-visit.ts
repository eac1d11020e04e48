import type { EntryDraft, RequestInput } from '#contracts/bridge/requests.ts';
import { type AppError, appError } from '#contracts/errors.ts';
import type { VisitBody, VisitEntry, VisitState } from '#contracts/records/visits.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import { newEntryId } from '../ids.ts';
import { acceptsFindings, canMove, type DerivedVisit, deriveVisit } from '../visit-state.ts';
import { type Action, type ActionContext, checkBody, invalid, withoutUndefined } from './action.ts';
import { signClosed } from './sign-closed.ts';

/**
 * Appends entries to a visit and moves its state, all or nothing. A correction names an entry that still counts; a void
 * names one that is not void, a restore one that is. Findings need a patient who is there: on a planned or cancelled visit
 * only together with a move. Whoever finishes the visit signs it. Fails with `record.not-found`, `record.invalid`, `visit.wrong-state`.
 */
export const recordVisit: Action<RequestInput<'visits.record'>> = (reader, input, context) => {
  const before = reader.get('visits', input.id);
  if (before === undefined) return fail(appError('record.not-found'));
  const visit = deriveVisit(before.body);
  const state = input.state === visit.state ? undefined : input.state;
  if (state !== undefined && !canMove(visit, state, undefined)) return fail(appError('visit.wrong-state'));
  if (!mayAdd(input.entries, visit, state)) return fail(appError('visit.wrong-state'));
  const appended = appendDrafts(before.body, input.entries, context);
  if (!appended.ok) return appended;
  const moved = state === undefined ? appended.value : withState(appended.value, state, context);
  const body = state === 'finished' ? signClosed(input.id, moved, context) : moved;
  const fits = checkBody('visits', body);
  if (!fits.ok) return fits;
  const late = input.enteredLate === undefined ? {} : { enteredLate: input.enteredLate };
  return ok({
    subject: input.id,
    writes: [{ collection: 'visits', id: input.id, body, audit: 'visits.record', ...late }],
  });
};

/** Marks and corrections are always welcome; new findings where the patient is or comes to be there. */
function mayAdd(drafts: readonly EntryDraft[], visit: DerivedVisit, next: VisitState | undefined): boolean {
  if (acceptsFindings(visit.state) || (next !== undefined && acceptsFindings(next))) return true;
  return drafts.every((draft) => draft.amends !== undefined);
}

function appendDrafts(
  body: VisitBody,
  drafts: readonly EntryDraft[],
  context: ActionContext,
): Result<VisitBody, AppError> {
  let grown = body;
  for (const [index, draft] of drafts.entries()) {
    const sound = checkDraft(grown, draft, index);
    if (!sound.ok) return sound;
    grown = { ...grown, entries: [...grown.entries, entryOf(draft, context)] };
  }
  return ok(grown);
}

function checkDraft(body: VisitBody, draft: EntryDraft, index: number): Result<void, AppError> {
  const path = `entries.${index}`;
  if (draft.kind === 'vitals' && Object.values(draft.values).every((value) => value === undefined)) {
    return invalid([`${path}.values`], ['vitals.empty']);
  }
  if (draft.amends === undefined) return ok(undefined);
  const target = deriveVisit(body).weighed.find((each) => each.entry.id === draft.amends);
  if (target === undefined) return invalid([`${path}.amends`], ['entry.unknown']);
  return isFitTarget(draft, target)
    ? ok(undefined)
    : invalid([`${path}.amends`], ['entry.changed-meanwhile']);
}

function isFitTarget(draft: EntryDraft, target: DerivedVisit['weighed'][number]): boolean {
  switch (draft.kind) {
    case 'void':
      return target.standing !== 'voided';
    case 'restore':
      return target.standing === 'voided';
    default:
      return target.standing === 'effective' && target.entry.kind === draft.kind;
  }
}

function entryOf(draft: EntryDraft, context: ActionContext): VisitEntry {
  const own = { id: newEntryId(context.newId), at: context.now, by: context.person };
  if (draft.kind !== 'vitals') return withoutUndefined({ ...draft, ...own });
  return withoutUndefined({ ...draft, ...own, values: withoutUndefined(draft.values) });
}

function withState(body: VisitBody, state: VisitState, context: ActionContext): VisitBody {
  const move = {
    kind: 'state' as const,
    id: newEntryId(context.newId),
    at: context.now,
    by: context.person,
    state,
  };
  return { ...body, entries: [...body.entries, move] };
}
