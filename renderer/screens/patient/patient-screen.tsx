import { lazy, type ReactNode, Suspense, useState } from 'react';
import type { PatientRecord } from '#contracts/bridge/views.ts';
import type { RecordId } from '#contracts/ids.ts';
import { useNavigation } from '../../app/navigation.tsx';
import { administers, caresForPatients, useSession } from '../../app/session.tsx';
import { useView } from '../../bridge/hooks.tsx';
import { Button } from '../../parts/button.tsx';
import { EmptyState, Notice } from '../../parts/notice.tsx';
import { PatientBanner } from '../../parts/patient-banner.tsx';
import { PrintButton } from '../../parts/printing.tsx';
import { describeError, useWords } from '../../wording/words.ts';
import { AllergyCard } from './allergy-card.tsx';
import { AmendDialog } from './amend-dialog.tsx';
import { HomeNotice } from './home-notice.tsx';
import { IdentityCard } from './identity-card.tsx';
import { LinkedCard, ReplacedNotice } from './linked-card.tsx';
import { PatientRequests } from './patient-requests.tsx';
import { StartVisitDialog } from './start-visit-dialog.tsx';
import { TrendsCard } from './trends-card.tsx';
import { VisitHistory } from './visit-history.tsx';
import './patient.css';

const SendDialog = lazy(() => import('../requests/send-dialog.tsx').then((m) => ({ default: m.SendDialog })));

/** One citizen: who it is, what must not be given, how it has gone, and the way into the queue. */
export function PatientScreen({ patientId }: { readonly patientId: RecordId }): ReactNode {
  const { t } = useWords();
  const view = useView('patients.record', { id: patientId });
  if (view.status === 'loading') return <div className="screen-wait" aria-busy="true" />;
  if (view.status === 'ended') {
    return (
      <>
        <PatientBanner record={null} />
        <Notice kind="warning" title={describeError(t, view.error)} />
      </>
    );
  }
  if (view.value === null) return <EmptyState icon="user" title={t('error.record.not-found')} />;
  return <Patient record={view.value} />;
}

function Patient({ record }: { readonly record: PatientRecord }): ReactNode {
  const { t } = useWords();
  const session = useSession();
  const navigation = useNavigation();
  const [open, setOpen] = useState<'visit' | 'amend' | 'send' | null>(null);
  const survivor = record.linked.find(({ isSurvivor }) => isSurvivor);
  const mayCare = caresForPatients(session);
  const mayWrite = mayCare && record.body.voided === undefined && survivor === undefined;
  const close = () => setOpen(null);
  return (
    <div className="patient">
      <PatientBanner
        record={record}
        actions={
          <>
            {administers(session) && (
              <Button icon="eye" onClick={() => navigation.go({ screen: 'audit', patientId: record.id })}>
                {t('audit.open')}
              </Button>
            )}
            <PrintButton />
            {mayWrite && (
              <>
                <Button icon="arrow-right" onClick={() => setOpen('send')}>
                  {t('send.open')}
                </Button>
                <Button kind="primary" icon="plus" onClick={() => setOpen('visit')}>
                  {t('visit.start')}
                </Button>
              </>
            )}
          </>
        }
      />
      {record.body.voided && (
        <Notice kind="danger" title={t('patient.void-words', { reason: record.body.voided.reason })} />
      )}
      {record.home && <HomeNotice patientId={record.id} home={record.home} mayWrite={mayWrite} />}
      {survivor && <ReplacedNotice survivor={survivor} />}
      <div className="patient-columns">
        <div className="patient-side">
          <AllergyCard record={record} mayWrite={mayWrite} />
          <PatientRequests patientId={record.id} />
          {record.linked.length > 0 && <LinkedCard record={record} mayWrite={mayCare} />}
          <IdentityCard record={record} onAmend={mayWrite ? () => setOpen('amend') : null} />
        </div>
        <div className="patient-main">
          <TrendsCard visits={record.visits} birth={record.body.birth} />
          <VisitHistory record={record} />
        </div>
      </div>
      {open === 'visit' && <StartVisitDialog record={record} onClose={close} />}
      {open === 'send' && (
        <Suspense>
          <SendDialog record={record} mayMove={record.home === null} onClose={close} />
        </Suspense>
      )}
      {open === 'amend' && <AmendDialog record={record} onClose={close} />}
    </div>
  );
}
