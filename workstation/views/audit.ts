import * as v from 'valibot';
import type { AuditEntry, AuditPage } from '#clinic/ports/replica.ts';
import type { AuditPageView, AuditRow } from '#contracts/bridge/audit.ts';
import { PersonIdSchema } from '#contracts/ids.ts';
import { readRollback } from '#sync/kept-head.ts';
import { summaryOf } from '../patient-summary.ts';
import { personShown } from '../people.ts';
import type { Session } from '../session.ts';
import type { Workstation } from '../workstation.ts';
import type { SessionView } from './view.ts';

const rowsPerPage = 50;

/** Who saw or changed a patient here, and why (AUD-5). Looking is written down as well. */
export const auditOfPatientView: SessionView<'audit.of-patient'> = {
  audience: 'session',
  isTouchedBy: (change) => change.kind === 'commit',
  opened: ({ id }, session, workstation) =>
    workstation.trail.look(session, { action: 'view.audit', collection: 'patients', record: id }),
  compute: ({ id, before }, session, workstation) =>
    pageOf(session, workstation, (page) => session.replica.auditTrail.of(id, page), before),
};

/** What was done on this workstation (AUD-5). */
export const recentAuditView: SessionView<'audit.recent'> = {
  audience: 'session',
  isTouchedBy: (change) => change.kind === 'commit',
  opened: (_input, session, workstation) => workstation.trail.look(session, { action: 'view.audit' }),
  compute: ({ before }, session, workstation) =>
    pageOf(session, workstation, (page) => session.replica.auditTrail.recent(page), before),
};

function pageOf(
  { replica }: Session,
  { parts }: Workstation,
  read: (page: AuditPage) => readonly AuditEntry[],
  before: number | undefined,
): AuditPageView {
  const entries = read({ before: before ?? null, limit: rowsPerPage });
  const last = entries.at(-1);
  const { start, head } = replica.auditTrail;
  return {
    rows: entries.map((entry) => rowOf(replica, entry, parts.reference.mahallaName)),
    older: entries.length < rowsPerPage || last === undefined || last.seq === 1 ? null : last.seq,
    trail: {
      device: start().device,
      entries: head()?.seq ?? 0,
      rolledBackAt: readRollback(replica.settings)?.foundAt ?? null,
    },
  };
}

function rowOf(
  replica: Session['replica'],
  entry: AuditEntry,
  mahallaName: (code: string) => string | null,
): AuditRow {
  const { seq, at, person, action, collection, record, reason } = entry;
  const patient = entry.patient ?? (collection === 'patients' ? record : null);
  return {
    seq,
    at,
    personId: person,
    person: person === null ? null : personShown(replica, person),
    action,
    collection,
    record,
    patient: patient === null ? null : summaryOf(replica, patient, mahallaName),
    subject:
      collection === 'staff' && record !== null
        ? personShown(replica, v.parse(PersonIdSchema, record))
        : null,
    reason,
  };
}
