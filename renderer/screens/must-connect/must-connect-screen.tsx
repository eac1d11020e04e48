import { type FormEvent, type ReactNode, useState } from 'react';
import { dayAt } from '#clinic/clinic-day.ts';
import { formatDate } from '#clinic/formats.ts';
import type { SyncState } from '#contracts/bridge/views.ts';
import { caresForPatients, useSession } from '../../app/session.tsx';
import { useRequest } from '../../bridge/hooks.tsx';
import { Button } from '../../parts/button.tsx';
import { TextField } from '../../parts/field.tsx';
import { Notice } from '../../parts/notice.tsx';
import { ScreenHead } from '../../parts/screen-head.tsx';
import { describeError, useWords } from '../../wording/words.ts';
import './must-connect.css';

/** In place of every screen with records while the center was not met for too long. */
export function MustConnectScreen({ sync }: { readonly sync: SyncState | null }): ReactNode {
  const { t } = useWords();
  const session = useSession();
  const connect = useRequest('sync.now');
  const lastContactAt = sync?.lastContactAt ?? null;
  return (
    <div className="screen">
      <ScreenHead title={t('must-connect.title')} />
      <Notice
        kind="warning"
        title={
          lastContactAt === null
            ? t('must-connect.never')
            : t('must-connect.last', { date: formatDate(dayAt(lastContactAt)) })
        }
        actions={
          <Button kind="primary" onClick={() => void connect.send({})}>
            {t('must-connect.try')}
          </Button>
        }
      >
        <p>{t('must-connect.words')}</p>
        {sync?.link === 'connecting' && <p>{t('must-connect.trying')}</p>}
      </Notice>
      {caresForPatients(session) && <Emergency />}
    </div>
  );
}

function Emergency(): ReactNode {
  const { t } = useWords();
  const emergency = useRequest('session.emergency');
  const [reason, setReason] = useState('');
  const [isMissing, setMissing] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setMissing(reason.trim() === '');
    if (reason.trim() !== '') void emergency.send({ reason: reason.trim() });
  };
  return (
    <form className="card emergency-form" onSubmit={submit} noValidate>
      <h2>{t('must-connect.emergency')}</h2>
      <p className="soft">{t('must-connect.emergency-words')}</p>
      {emergency.error && <Notice kind="danger" title={describeError(t, emergency.error)} isUrgent />}
      <TextField
        id="emergency-reason"
        label={t('must-connect.reason')}
        maxLength={200}
        value={reason}
        error={isMissing ? t('must-connect.reason-missing') : undefined}
        onChange={(event) => setReason(event.target.value)}
      />
      <div>
        <Button type="submit" isBusy={emergency.isBusy}>
          {t('must-connect.open')}
        </Button>
      </div>
    </form>
  );
}
