import type { ReactNode } from 'react';
import type { UnsentRow } from '#contracts/bridge/views.ts';
import { useNavigation } from '../../app/navigation.tsx';
import { useToday } from '../../app/surroundings.tsx';
import { useRequest, useView } from '../../bridge/hooks.tsx';
import { Button } from '../../parts/button.tsx';
import { Icon } from '../../parts/icons.tsx';
import { EmptyState, Notice } from '../../parts/notice.tsx';
import { bannerName, birthAndAge } from '../../parts/patient-words.ts';
import { ScreenHead } from '../../parts/screen-head.tsx';
import { describeInstant } from '../../wording/dates.ts';
import { describeError, useWords } from '../../wording/words.ts';

/** Rows shown at once; more only prolong the scrolling. */
const mostShown = 200;

/** Everything that is safe on this computer and not yet at the center. */
export function UnsentScreen(): ReactNode {
  const { t } = useWords();
  const unsent = useView('unsent.list', {});
  const sync = useView('sync.state', {});
  const sendNow = useRequest('sync.now');
  const rows = unsent.status === 'ready' ? unsent.value : [];
  const healed = sync.status === 'ready' ? (sync.value.healed ?? 0) : 0;
  const isOnline = sync.status === 'ready' && sync.value.link === 'online';
  return (
    <div className="screen">
      <ScreenHead title={t('unsent.title')} words={t('unsent.words')}>
        {rows.length > 0 && !isOnline && (
          <Button icon="upload" isBusy={sendNow.isBusy} onClick={() => void sendNow.send({})}>
            {t('unsent.try-now')}
          </Button>
        )}
      </ScreenHead>
      {unsent.status === 'ended' && <Notice kind="warning" title={describeError(t, unsent.error)} />}
      <section className="card unsent-card" aria-label={t('unsent.title')}>
        {rows.length > 0 && (
          <ul className="plain-rows">
            {rows.slice(0, mostShown).map((row) => (
              <UnsentItem key={`${row.collection} ${row.id} ${row.savedAt}`} row={row} />
            ))}
          </ul>
        )}
        {unsent.status === 'ready' && rows.length === 0 && (
          <EmptyState icon="check-circle" title={t('unsent.none')}>
            <p>{t('unsent.none-words')}</p>
          </EmptyState>
        )}
        {rows.length > mostShown && (
          <p className="card-foot">{t('unsent.more', { count: rows.length - mostShown })}</p>
        )}
        {healed > 0 && <p className="card-foot">{t('unsent.healed', { count: healed })}</p>}
      </section>
    </div>
  );
}

function UnsentItem({ row }: { readonly row: UnsentRow }): ReactNode {
  const { t } = useWords();
  const today = useToday();
  const navigation = useNavigation();
  const { patient } = row;
  return (
    <li className="plain-row unsent-row">
      <span className="row-icon">
        <Icon name={row.collection === 'patients' ? 'user' : 'note'} />
      </span>
      <div className="row-words">
        <p className="row-title">
          {patient === null ? t(`collection.${row.collection}`) : bannerName(patient.name)}
        </p>
        <p className="caption">
          {patient && `${t(`collection.${row.collection}`)} · ${birthAndAge(t, patient.birth, today)}`}
        </p>
        {row.state === 'quarantined' && (
          <p className="field-warning">
            <Icon name="alert" size={16} />
            {t(`error.${row.refusal ?? 'sync.record-refused'}`)}
          </p>
        )}
      </div>
      <span className="delivery delivery-saved">
        <Icon name="computer" size={16} />
        {t('delivery.saved', { time: describeInstant(row.savedAt, today) })}
      </span>
      {patient && (
        <Button
          size="small"
          kind="quiet"
          onClick={() => navigation.go({ screen: 'patient', patientId: patient.id })}
        >
          {t('queue.open')}
        </Button>
      )}
    </li>
  );
}
