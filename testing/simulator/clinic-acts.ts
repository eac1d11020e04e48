import * as v from 'valibot';
import type { Action } from '#clinic/actions/action.ts';
import { amendPatient } from '#clinic/actions/amend-patient.ts';
import { recordAllergy } from '#clinic/actions/record-allergy.ts';
import { recordVisit } from '#clinic/actions/record-visit.ts';
import { registerPatient } from '#clinic/actions/register-patient.ts';
import { settleReview } from '#clinic/actions/settle-review.ts';
import { startVisit } from '#clinic/actions/start-visit.ts';
import { pinflCheckDigit } from '#clinic/identity/pinfl.ts';
import { type EntryDraft, type Registration, RegistrationSchema } from '#contracts/bridge/requests.ts';
import { appError } from '#contracts/errors.ts';
import { OperationIdSchema, type RecordId, RecordIdSchema, RevisionSchema } from '#contracts/ids.ts';
import { PatientBodySchema } from '#contracts/records/patients.ts';
import type { RecordOf } from '#contracts/records/registry.ts';
import { fail, ok } from '#contracts/result.ts';
import { nextHlc } from '#sync/hlc.ts';
import { recordLocalWrite } from '#sync/local-write.ts';
import { uuidV7 } from '#sync/uuid-v7.ts';
import { act, type Saved } from '#workstation/acting.ts';
import type { Session } from '#workstation/session.ts';
import type { SeededRandom } from '../doubles/seeded-random.ts';

/** Something a person does at a workstation; undefined if there is nothing to do it to. */
export type Deed = (session: Session) => ReturnType<typeof act> | undefined;

/** Values nobody wrote before, so that each can be found again. */
export class FreshValues {
  #count = 0;

  /** Letters only, as in a name. */
  word(): string {
    this.#count += 1;
    let text = '';
    for (let rest = this.#count; rest > 0; rest = Math.floor(rest / 26)) {
      text += String.fromCharCode(97 + (rest % 26));
    }
    return `V${text.padEnd(5, 'a')}`;
  }

  phone(): string {
    this.#count += 1;
    return `+9989${String(this.#count).padStart(8, '0')}`;
  }
}

export function registration(fresh: FreshValues, random: SeededRandom): Registration {
  const sex = random.pick(['female', 'male'] as const);
  return v.parse(RegistrationSchema, {
    name: { family: fresh.word(), given: 'Gulnora' },
    sex,
    birth: { date: '1985-03-12' },
    phone: fresh.phone(),
    // Of a handful of numbers, so that now and then two people seem to be one.
    ...(random.chance(0.15) ? { pinfl: pinflOf(sex, random.below(4)) } : {}),
    hasConsent: true,
    allergyStatus: 'not-recorded',
  });
}

function pinflOf(sex: 'female' | 'male', serial: number): string {
  const digits = `${sex === 'male' ? 3 : 4}120385${String(serial).padStart(6, '0')}`;
  return `${digits}${pinflCheckDigit(digits)}`;
}

export const register =
  (fresh: FreshValues, random: SeededRandom): Deed =>
  (session) =>
    act(session, registerPatient, registration(fresh, random));

export const amend =
  (patient: RecordId, fresh: FreshValues, random: SeededRandom): Deed =>
  (session) => {
    const before = session.replica.get('patients', patient);
    if (before === undefined) return undefined;
    const { name, sex, birth, pinfl, phone, address, consent } = before.body;
    const kept = v.parse(RegistrationSchema, {
      ...{ name, sex, birth, pinfl, phone, address },
      hasConsent: consent?.given ?? true,
      allergyStatus: 'not-recorded',
    });
    const changes = random.pick<() => Registration>([
      () => ({ ...kept, name: { family: fresh.word(), given: 'Gulnora' } }),
      () => v.parse(RegistrationSchema, { ...kept, phone: fresh.phone() }),
      () => ({ ...kept, address: { line: fresh.word() } }),
    ])();
    return act(session, amendPatient, { id: patient, baseRev: before.rev, changes });
  };

export const addAllergy =
  (patient: RecordId, fresh: FreshValues, random: SeededRandom): Deed =>
  (session) => {
    const before = session.replica.get('patients', patient);
    if (before === undefined) return undefined;
    const standing = before.body.allergies.find((each) => each.enteredInError !== true);
    if (standing !== undefined && random.chance(0.3)) {
      const allergy = { status: 'entered-in-error' as const, allergyId: standing.id };
      return act(session, recordAllergy, { id: patient, allergy });
    }
    return act(session, recordAllergy, {
      id: patient,
      allergy: { status: 'known', substance: fresh.word() },
    });
  };

export const beginVisit =
  (patient: RecordId, fresh: FreshValues): Deed =>
  (session) =>
    session.replica.get('patients', patient) === undefined
      ? undefined
      : act(session, startVisit, {
          patientId: patient,
          reason: fresh.word(),
          urgency: 'routine',
          state: 'arrived',
        });

export const continueVisit =
  (visit: RecordId, fresh: FreshValues, random: SeededRandom): Deed =>
  (session) => {
    const before = session.replica.get('visits', visit);
    if (before === undefined) return undefined;
    return act(session, recordVisit, { id: visit, entries: drafts(before, fresh, random) });
  };

function drafts(visit: RecordOf<'visits'>, fresh: FreshValues, random: SeededRandom): EntryDraft[] {
  const notes = visit.body.entries.filter((entry) => entry.kind === 'note');
  const note = notes[random.below(Math.max(1, notes.length))];
  if (note !== undefined && random.chance(0.15)) {
    return [{ kind: 'note', text: fresh.word(), amends: note.id }];
  }
  if (note !== undefined && random.chance(0.1)) {
    return [{ kind: 'void', amends: note.id, reason: fresh.word() }];
  }
  return random.pick<EntryDraft[]>([
    [
      {
        kind: 'vitals',
        values: { systolicMmHg: 100 + random.below(80), pulsePerMinute: 60 + random.below(40) },
      },
    ],
    [{ kind: 'note', text: fresh.word() }],
    [
      { kind: 'complaint', text: fresh.word() },
      { kind: 'diagnosis', icd10: 'I10', role: 'main', certainty: 'confirmed' },
    ],
  ]);
}

/** Links count only where the person says which of two records goes on; `hasLinks`: people here do. */
export const settle =
  (random: SeededRandom, hasLinks: boolean): Deed =>
  (session) => {
    const open = session.replica.find('reviews', {}).filter(({ body }) => body.decisions.length === 0);
    const review = open[random.below(Math.max(1, open.length))];
    if (review === undefined) return undefined;
    const { question } = review.body;
    const choices =
      question.kind === 'conflict' ? (['mine', 'theirs'] as const) : (['same', 'different'] as const);
    const choice = random.pick([...choices]);
    const goesOn = hasLinks && question.kind !== 'conflict' ? { goesOn: question.other } : {};
    return act(session, settleReview, { id: review.id, choice, ...goesOn });
  };

export const voidPatient =
  (patient: RecordId, fresh: FreshValues): Deed =>
  (session) =>
    act(session, voiding, { id: patient, reason: fresh.word() });

/** No screen voids a patient yet; the exchange must keep what one day will. */
const voiding: Action<{ readonly id: RecordId; readonly reason: string }> = (
  reader,
  { id, reason },
  context,
) => {
  const before = reader.get('patients', id);
  if (before === undefined || before.body.voided !== undefined) return fail(appError('record.not-found'));
  const voided = { reason, at: context.now, by: context.person };
  return ok({
    subject: id,
    writes: [{ collection: 'patients', id, body: { ...before.body, voided }, audit: 'patients.void' }],
  });
};

/** An edit by a newer program, whose fields this one does not know (docs/specs/sync.md VER-5). */
export const writeNewerFields =
  (patient: RecordId, fresh: FreshValues): Deed =>
  async (session) => {
    const before = session.replica.get('patients', patient);
    if (before === undefined) return fail(appError('record.not-found'));
    const { id, rev, capturedAt } = await session.replica.transact((transaction) =>
      recordLocalWrite(transaction, {
        collection: 'patients',
        id: patient,
        body: { ...before.body, ...{ fromLater: { value: fresh.word() } } },
        scope: before.scope,
        author: session.person,
        device: session.device,
        at: session.context().now,
        random: session.random,
      }),
    );
    return ok({ id, rev, delivery: { state: 'saved', savedAt: capturedAt } });
  };

/** A new patient whose revision is not that of its content: what a program with a defect would send. */
export const writePoison =
  (fresh: FreshValues): Deed =>
  async (session) => {
    const { now } = session.context();
    const id = v.parse(RecordIdSchema, uuidV7(now, session.random));
    const body = v.parse(PatientBodySchema, {
      name: { family: fresh.word(), given: 'Gulnora' },
      sex: 'female',
      birth: { date: '1985' },
      allergyStatus: 'not-recorded',
      allergies: [],
      problems: [],
    });
    const saved: Saved = await session.replica.transact((transaction) => {
      const rev = v.parse(RevisionSchema, `1-${'ab'.repeat(16)}`);
      const { scope, person: author, device } = session;
      const hlc = nextHlc(transaction.settings, now, device, []);
      const record = { id, scope, author, device, capturedAt: now, hlc, body, rev };
      const op = v.parse(OperationIdSchema, uuidV7(now, session.random));
      transaction.put('patients', record);
      transaction.outbox.append({ op, collection: 'patients', lane: 1, baseRev: null, record, at: now });
      return { id, rev, delivery: { state: 'saved', savedAt: now } };
    });
    return ok(saved);
  };
