import type { ReactNode } from 'react';
import * as v from 'valibot';
import type { PatientRecord, VisitView } from '#contracts/bridge/views.ts';
import type { RecordId } from '#contracts/ids.ts';
import { useSession } from '../../app/session.tsx';
import { useView } from '../../bridge/hooks.tsx';
import { useFormDraft } from '../../drafts/drafts-context.tsx';
import { EmptyState, Notice } from '../../parts/notice.tsx';
import { PatientBanner } from '../../parts/patient-banner.tsx';
import { plainName } from '../../parts/patient-words.ts';
import { describeError, useWords } from '../../wording/words.ts';
import { useVisitForm } from './use-visit-form.ts';
import { emptyVisitFields, VisitFieldsSchema, withoutRecorded } from './visit-fields.ts';
import { VisitPage } from './visit-page.tsx';
import './visit.css';

interface VisitScreenProps {
  readonly patientId: RecordId;
  readonly visitId: RecordId;
}

/** One visit: everything that is measured, said and found, with the patient's banner on top. */
export function VisitScreen({ patientId, visitId }: VisitScreenProps): ReactNode {
  const { t } = useWords();
  const view = useView('patients.record', { id: patientId });
  const draft = useFormDraft({ form: 'visit', patientId, visitId });
  if (view.status === 'loading' || !draft.isReady) return <div className="screen-wait" aria-busy="true" />;
  if (view.status === 'ended') {
    return (
      <>
        <PatientBanner record={null} />
        <Notice kind="warning" title={describeError(t, view.error)} />
      </>
    );
  }
  const visit = view.value?.visits.find((each) => each.id === visitId);
  if (view.value === null || visit === undefined)
    return <EmptyState icon="note" title={t('error.record.not-found')} />;
  return <Visit key={draft.beginning} record={view.value} visit={visit} draft={draft} />;
}

interface VisitProps {
  readonly record: PatientRecord;
  readonly visit: VisitView;
  readonly draft: ReturnType<typeof useFormDraft>;
}

function Visit({ record, visit, draft }: VisitProps): ReactNode {
  const { person } = useSession();
  const restored = v.safeParse(VisitFieldsSchema, draft.restored?.values);
  const typedAt = draft.restored?.at ?? 0;
  const form = useVisitForm({
    visit,
    draft,
    title: plainName(record.body.name),
    person: person.id,
    initial: restored.success
      ? withoutRecorded(
          restored.output,
          visit.body.entries.filter((entry) => entry.at >= typedAt),
          person.id,
        )
      : emptyVisitFields,
  });
  return <VisitPage record={record} visit={visit} form={form} isUnkept={draft.isUnkept} />;
}
