import type { ReactNode } from 'react';
import type { RecordId } from '#contracts/ids.ts';
import { useNavigation } from '../../app/navigation.tsx';
import { useView } from '../../bridge/hooks.tsx';
import { Button } from '../../parts/button.tsx';
import { DeliveryMark } from '../../parts/marks.tsx';
import { useWords } from '../../wording/words.ts';
import { facilityOf, stateOf } from '../requests/request-words.ts';

/** What is under way between facilities about this patient; nothing where nothing is. */
export function PatientRequests({ patientId }: { readonly patientId: RecordId }): ReactNode {
  const { t, language } = useWords();
  const navigation = useNavigation();
  const view = useView('requests.open', {});
  const rows = view.status === 'ready' ? view.value.filter(({ patient }) => patient?.id === patientId) : [];
  if (rows.length === 0) return null;
  return (
    <section className="card" aria-labelledby="patient-requests-title">
      <header className="card-head">
        <h2 id="patient-requests-title">{t('requests.title')}</h2>
        <Button size="small" icon="arrow-right" onClick={() => navigation.go({ screen: 'requests' })}>
          {t('queue.open')}
        </Button>
      </header>
      <ul className="patient-requests">
        {rows.map((row) => (
          <li key={row.id}>
            <p className="row-title">{t(`request.kind-${row.body.matter.kind}`)}</p>
            <p className="caption">{facilityOf(t, row, language)}</p>
            <p className="patient-request-marks">
              <span className="chip chip-state">{stateOf(t, row)}</span>
              <DeliveryMark delivery={row.delivery} />
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
