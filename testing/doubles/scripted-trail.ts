import type { AuditAction, AuditPageView, AuditRow } from '#contracts/bridge/audit.ts';
import type { PatientSummary, Person } from '#contracts/bridge/views.ts';
import type { Instant, PersonId, RecordId } from '#contracts/ids.ts';

interface ScriptedTrail {
  readonly now: Instant;
  readonly people: readonly PersonId[];
  readonly person: (id: PersonId) => Person | null;
  readonly patients: readonly RecordId[];
  readonly summary: (id: RecordId) => PatientSummary | null;
  readonly rolledBackAt: Instant | null;
}

const perPage = 50;
const usual = [
  'view',
  'visits.record',
  'patients.amend',
  'view.queue',
] as const satisfies readonly AuditAction[];
const emergencies = ['session.break-glass', 'requests.break-glass'] as const satisfies readonly AuditAction[];
const entries = 230;

/** Lines of a trail: everyday ones, and every seventeenth an emergency with a reason. */
export function scriptedTrail(
  { now, people, person, patients, summary, rolledBackAt }: ScriptedTrail,
  only: RecordId | null,
  before: number = entries + 1,
): AuditPageView {
  const rowAt = (seq: number): AuditRow => {
    const emergency = seq % 17 === 0 ? emergencies[(seq / 17) % emergencies.length] : undefined;
    const action = seq === 227 ? 'future.action' : (emergency ?? usual[seq % usual.length] ?? 'view');
    const who = action === 'view.queue' ? null : (people[seq % people.length] ?? null);
    const record = only ?? patients[seq % patients.length] ?? null;
    const isOfPatient = record !== null && action !== 'session.break-glass' && action !== 'view.queue';
    return {
      seq,
      at: now - (entries - seq) * 23 * 60_000,
      personId: who,
      person: who === null ? null : person(who),
      action,
      collection: isOfPatient ? 'patients' : null,
      record: isOfPatient ? record : null,
      patient: isOfPatient ? summary(record) : null,
      subject: null,
      reason: emergency === undefined ? null : 'Hamshira kasal, bemor ogʻir ahvolda keltirildi.',
    };
  };
  const seqs = Array.from({ length: before - 1 }, (_, at) => before - 1 - at).filter((seq) => seq > 0);
  const rows = seqs.slice(0, perPage).map(rowAt);
  const last = rows.at(-1)?.seq ?? 1;
  return { rows, older: last > 1 ? last : null, trail: { device: null, entries, rolledBackAt } };
}
