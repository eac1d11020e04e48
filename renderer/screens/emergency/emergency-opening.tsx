import { type ReactNode, useEffect, useState } from 'react';
import type { Door } from '#contracts/bridge/access.ts';
import type { WorkstationState } from '#contracts/bridge/views.ts';
import type { AppError } from '#contracts/errors.ts';
import { useShortcuts } from '../../app/shortcuts.ts';
import { useBridge, useRequest } from '../../bridge/hooks.tsx';
import { TextField } from '../../parts/field.tsx';
import { Icon } from '../../parts/icons.tsx';
import { Notice } from '../../parts/notice.tsx';
import { Segmented } from '../../parts/segmented.tsx';
import { useWords } from '../../wording/words.ts';
import { ByPaper } from './by-paper.tsx';
import { ByTwo } from './by-two.tsx';
import type { EmergencyInput } from './emergency-way.ts';
import './emergency.css';

interface EmergencyOpeningProps {
  readonly state: WorkstationState;
  readonly door: Door;
  readonly onLeave: () => void;
}

const reasonId = 'emergency-opening-reason';

/** Opens without anybody's own way in: by the paper key or two people, with a reason, and everybody will know of it. */
export function EmergencyOpening({ state, door, onLeave }: EmergencyOpeningProps): ReactNode {
  const { t } = useWords();
  const canTwo = door.holders.length > 1;
  const [method, setMethod] = useState<'paper' | 'two'>(door.hasPaperKey ? 'paper' : 'two');
  const [reason, setReason] = useState('');
  const [wasTried, setTried] = useState(false);
  const opening = useRequest('session.break-glass');
  const bridge = useBridge();
  const leave = () => {
    if (opening.isBusy) void bridge.request('access.cancel', {});
    onLeave();
  };
  useShortcuts({ Escape: leave });
  useEffect(() => document.getElementById(reasonId)?.focus(), []);
  const reasonError = wasTried && reason.trim() === '' ? t('emergency-opening.reason-missing') : undefined;
  const hasReason = () => {
    setTried(true);
    if (reason.trim() !== '') return true;
    document.getElementById(reasonId)?.focus();
    return false;
  };
  const submit = async (part: (reason: string) => EmergencyInput): Promise<AppError | null> => {
    if (!hasReason()) return null;
    const outcome = await opening.send(part(reason.trim()));
    return outcome.ok ? null : outcome.error;
  };

  return (
    <section className="emergency" aria-labelledby="emergency-title">
      <h1 id="emergency-title">{t('emergency-opening.title')}</h1>
      <Notice kind="warning" title={t('emergency-opening.recorded')}>
        <p>{t('emergency-opening.recorded-words')}</p>
      </Notice>
      {door.hasPaperKey && canTwo && (
        <Segmented
          name="emergency-method"
          label={t('emergency-opening.how')}
          value={method}
          onChange={setMethod}
          options={(['paper', 'two'] as const).map((value) => ({
            value,
            label: t(`emergency-opening.by-${value}`),
          }))}
        />
      )}
      <TextField
        id={reasonId}
        label={t('emergency-opening.reason')}
        maxLength={200}
        value={reason}
        error={reasonError}
        onChange={(event) => setReason(event.target.value)}
      />
      {method === 'paper' ? (
        <ByPaper isBusy={opening.isBusy} onTry={hasReason} onOpen={submit} />
      ) : (
        <ByTwo state={state} door={door} isBusy={opening.isBusy} onTry={hasReason} onOpen={submit} />
      )}
      <button type="button" className="text-button unlock-back" onClick={leave}>
        <Icon name="arrow-left" size={18} />
        {t('emergency-opening.leave')}
      </button>
    </section>
  );
}
