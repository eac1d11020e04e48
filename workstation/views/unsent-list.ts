import type { OutboxRow, ReplicaReader } from '#clinic/ports/replica.ts';
import type { PatientSummary, UnsentRow } from '#contracts/bridge/views.ts';
import type { RecordId } from '#contracts/ids.ts';
import { summaryOf } from '../patient-summary.ts';
import { type SessionView, touches, touchesOutbox } from './view.ts';

/** More than this is a number on screen, not a list to read. */
const mostRows = 500;

/** Records that the center does not have yet, newest first, each once; refused ones before. */
export const unsentListView: SessionView<'unsent.list'> = {
  audience: 'session',
  opened: (_input, session, workstation) => workstation.trail.look(session, { action: 'view.unsent' }),
  isTouchedBy: (change) => touchesOutbox(change) || touches(change, 'patients'),
  compute: (_input, { replica }, { parts }) => {
    const refused = replica.outbox.byState('quarantined', mostRows);
    const pending = newestOfEachRecord(replica.outbox.pending(mostRows));
    return [...refused, ...pending].slice(0, mostRows).map((row) => ({
      collection: row.collection,
      id: row.id,
      patient: patientOf(replica, row, parts.reference.mahallaName),
      savedAt: row.at,
      state: row.state === 'quarantined' ? 'quarantined' : 'pending',
      refusal: row.refusal,
    })) satisfies UnsentRow[];
  },
};

function newestOfEachRecord(rows: readonly OutboxRow[]): readonly OutboxRow[] {
  const newestByRecord = new Map<RecordId, OutboxRow>();
  for (const row of rows) newestByRecord.set(row.id, row);
  return [...newestByRecord.values()].sort((left, right) => right.seq - left.seq);
}

function patientOf(
  reader: ReplicaReader,
  { collection, record }: OutboxRow,
  mahallaName: (code: string) => string | null,
): PatientSummary | null {
  if (collection === 'patients') return summaryOf(reader, record.id, mahallaName);
  if (collection !== 'visits') return null;
  const visit = reader.get('visits', record.id);
  return visit === undefined ? null : summaryOf(reader, visit.body.patientId, mahallaName);
}
