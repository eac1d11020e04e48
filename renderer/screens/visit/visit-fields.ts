import * as v from 'valibot';
import { parseDecimal } from '#clinic/formats.ts';
import { type VitalsName, vitalsForm, vitalsIssues } from '#clinic/forms/vitals.ts';
import { type EntryDraft, EntryDraftSchema } from '#contracts/bridge/requests.ts';
import { EntryIdSchema, type PersonId } from '#contracts/ids.ts';
import type { Language } from '#contracts/languages.ts';
import { type VisitEntry, type Vitals, VitalsSchema } from '#contracts/records/visits.ts';
import { vitalNames, vitalValue } from '../../parts/vital-words.ts';

const DraftedDiagnosisSchema = v.object({
  icd10: v.string(),
  name: v.string(),
  role: v.picklist(['main', 'accompanying']),
  certainty: v.picklist(['provisional', 'confirmed']),
  amends: v.optional(EntryIdSchema),
});
export type DraftedDiagnosis = v.InferOutput<typeof DraftedDiagnosisSchema>;

/** What is typed on a visit's page and not yet saved, and as a draft keeps it. */
export const VisitFieldsSchema = v.object({
  vitals: v.object(
    v.entriesFromList(
      vitalsForm.fields.map((field) => field.name),
      v.string(),
    ),
  ),
  complaint: v.string(),
  note: v.string(),
  diagnoses: v.array(DraftedDiagnosisSchema),
  /** Entries that what is typed corrects. */
  amends: v.object({
    vitals: v.optional(EntryIdSchema),
    complaint: v.optional(EntryIdSchema),
    note: v.optional(EntryIdSchema),
  }),
  enteredLate: v.string(),
});
export type VisitFields = v.InferOutput<typeof VisitFieldsSchema>;

export const noVitals: VisitFields['vitals'] = {
  systolicMmHg: '',
  diastolicMmHg: '',
  pulsePerMinute: '',
  temperatureCelsius: '',
  spo2Percent: '',
  respirationPerMinute: '',
  weightKilograms: '',
  heightCentimetres: '',
  glucoseMmolPerLitre: '',
  painOfTen: '',
};

export const emptyVisitFields: VisitFields = {
  vitals: noVitals,
  complaint: '',
  note: '',
  diagnoses: [],
  amends: {},
  enteredLate: '',
};

/** A typed value: nothing, a number an instrument can show, or neither. */
export type ReadVital =
  | { readonly status: 'empty' }
  | { readonly status: 'wrong' }
  | { readonly status: 'read'; readonly value: number };

/** Reads what was typed into a vital's field, with comma or point. */
export function readVital(field: VitalsName, typed: string): ReadVital {
  if (typed.trim() === '') return { status: 'empty' };
  const value = parseDecimal(typed);
  const parsed = v.safeParse(VitalsSchema.entries[field], value);
  if (value === undefined || !parsed.success) return { status: 'wrong' };
  return { status: 'read', value };
}

/** The values of the grid that can be read. */
export function readVitals(vitals: VisitFields['vitals']): Vitals {
  const values: Partial<Record<VitalsName, number>> = {};
  for (const field of vitalNames) {
    const read = readVital(field, vitals[field]);
    if (read.status === 'read') values[field] = read.value;
  }
  return values;
}

/** What forbids to save the grid, by field, in the order of the form; `message` is an id of the catalogues. */
export function vitalsMistakes(
  vitals: VisitFields['vitals'],
): readonly { readonly name: VitalsName; readonly message: string }[] {
  const unreadable = vitalNames
    .filter((name) => readVital(name, vitals[name]).status === 'wrong')
    .map((name) => ({ name, message: 'vitals.out-of-range' }));
  const values = readVitals(vitals);
  const issues = Object.keys(values).length === 0 ? [] : vitalsIssues(values);
  const unfit = issues.flatMap(({ path, message }) => {
    const name = vitalNames.find((each) => each === path);
    return name === undefined || unreadable.some((each) => each.name === name) ? [] : [{ name, message }];
  });
  return [...unreadable, ...unfit];
}

/** What is typed, as the entries to append. */
export function entriesOf(fields: VisitFields): readonly EntryDraft[] {
  const entries: EntryDraft[] = [];
  const { amends } = fields;
  const values = readVitals(fields.vitals);
  if (Object.keys(values).length > 0) entries.push({ kind: 'vitals', values, ...correcting(amends.vitals) });
  for (const kind of ['complaint', 'note'] as const) {
    const text = fields[kind].trim();
    if (text !== '') entries.push({ kind, text, ...correcting(amends[kind]) });
  }
  for (const { icd10, role, certainty, amends: corrected } of fields.diagnoses) {
    entries.push({ kind: 'diagnosis', icd10, role, certainty, ...correcting(corrected) });
  }
  return entries.filter((entry) => v.is(EntryDraftSchema, entry));
}

const correcting = (entryId: VisitFields['amends']['vitals']) =>
  entryId === undefined ? {} : { amends: entryId };

/** Puts a recorded entry back into the form, to be corrected. Entries of other kinds are not corrected by typing. */
export function withCorrection(
  fields: VisitFields,
  entry: VisitEntry,
  names: ReadonlyMap<string, string>,
  language: Language,
): VisitFields {
  switch (entry.kind) {
    case 'vitals':
      return {
        ...fields,
        vitals: typedVitals(entry.values, language),
        amends: { ...fields.amends, vitals: entry.id },
      };
    case 'complaint':
    case 'note':
      return { ...fields, [entry.kind]: entry.text, amends: { ...fields.amends, [entry.kind]: entry.id } };
    case 'diagnosis': {
      const { icd10, role, certainty } = entry;
      const others = fields.diagnoses.filter((each) => each.icd10 !== icd10);
      const corrected = { icd10, role, certainty, name: names.get(icd10) ?? '', amends: entry.id };
      return { ...fields, diagnoses: [...others, corrected] };
    }
    default:
      return fields;
  }
}

function typedVitals(values: Vitals, language: Language): VisitFields['vitals'] {
  const typed = { ...noVitals };
  for (const field of vitalNames) {
    const value = values[field];
    if (value !== undefined) typed[field] = vitalValue(field, value, language);
  }
  return typed;
}

/** Whether anything is typed that a save would keep. */
export const isAnythingTyped = (fields: VisitFields): boolean =>
  vitalNames.some((field) => fields.vitals[field].trim() !== '') ||
  fields.complaint.trim() !== '' ||
  fields.note.trim() !== '' ||
  fields.diagnoses.length > 0;

/**
 * What was typed while a save of `sent` was under way: it is in no record yet, so it stays. What the save corrected is
 * corrected by now; typing further about it is a new entry.
 */
export function typedSince(sent: VisitFields, now: VisitFields): VisitFields {
  const vitals = { ...noVitals };
  for (const name of vitalNames) if (now.vitals[name] !== sent.vitals[name]) vitals[name] = now.vitals[name];
  const text = (kind: 'complaint' | 'note') => (now[kind] === sent[kind] ? '' : now[kind]);
  const saved = new Set(sent.diagnoses.map((each) => JSON.stringify(each)));
  const left: VisitFields = {
    ...now,
    vitals,
    complaint: text('complaint'),
    note: text('note'),
    diagnoses: now.diagnoses
      .filter((each) => !saved.has(JSON.stringify(each)))
      .map(({ amends, ...each }) =>
        amends === undefined || sent.diagnoses.some((old) => old.amends === amends)
          ? each
          : { ...each, amends },
      ),
    amends: amendedSince(sent, now),
  };
  return isAnythingTyped(left) ? left : emptyVisitFields;
}

function amendedSince({ amends: before }: VisitFields, { amends }: VisitFields): VisitFields['amends'] {
  const isNew = (kind: keyof VisitFields['amends']) =>
    amends[kind] !== undefined && amends[kind] !== before[kind];
  return {
    ...(isNew('vitals') && { vitals: amends.vitals }),
    ...(isNew('complaint') && { complaint: amends.complaint }),
    ...(isNew('note') && { note: amends.note }),
  };
}

/**
 * What is typed without the parts that `entries` have word for word from the same person. A draft outlives a crash between
 * "saved" and its removal, and a save whose answer was lost may have been done: neither may be recorded twice (SCR-9).
 * `entries` are those that came since it was typed or sent: an earlier one with the same value is another measurement.
 */
export function withoutRecorded(
  fields: VisitFields,
  entries: readonly VisitEntry[],
  person: PersonId,
): VisitFields {
  const own = entries.filter((entry) => entry.by === person);
  const isRecorded = (draft: EntryDraft) => own.some((entry) => saysTheSame(draft, entry));
  const drafts = entriesOf(fields);
  const recordedKinds = new Set(drafts.filter(isRecorded).map((draft) => draft.kind));
  if (recordedKinds.size === 0) return fields;
  const isDiagnosisLeft = (each: DraftedDiagnosis) =>
    !drafts.some((draft) => draft.kind === 'diagnosis' && draft.icd10 === each.icd10 && isRecorded(draft));
  return {
    ...fields,
    vitals: recordedKinds.has('vitals') ? unreadable(fields.vitals) : fields.vitals,
    complaint: recordedKinds.has('complaint') ? '' : fields.complaint,
    note: recordedKinds.has('note') ? '' : fields.note,
    diagnoses: fields.diagnoses.filter(isDiagnosisLeft),
  };
}

/** Only the cells that no entry can hold: whoever typed them has to see them again. */
function unreadable(vitals: VisitFields['vitals']): VisitFields['vitals'] {
  const left = { ...noVitals };
  for (const name of vitalNames)
    if (readVital(name, vitals[name]).status === 'wrong') left[name] = vitals[name];
  return left;
}

function saysTheSame(draft: EntryDraft, entry: VisitEntry): boolean {
  if (draft.amends !== entry.amends) return false;
  if (draft.kind === 'vitals' && entry.kind === 'vitals') {
    return vitalNames.every((name) => draft.values[name] === entry.values[name]);
  }
  if (draft.kind === 'diagnosis' && entry.kind === 'diagnosis') {
    return draft.icd10 === entry.icd10 && draft.role === entry.role && draft.certainty === entry.certainty;
  }
  if (draft.kind === 'complaint' || draft.kind === 'note') {
    return entry.kind === draft.kind && entry.text === draft.text;
  }
  return false;
}
