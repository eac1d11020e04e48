import { type FormEvent, type ReactNode, useState } from 'react';
import type { KeyOperation } from '#contracts/bridge/access.ts';
import { describeKeyError } from '../../access/key-proof.tsx';
import { useBridge, useRequest } from '../../bridge/hooks.tsx';
import { Button } from '../../parts/button.tsx';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { TextField } from '../../parts/field.tsx';
import { Icon } from '../../parts/icons.tsx';
import { Notice } from '../../parts/notice.tsx';
import { useWords } from '../../wording/words.ts';
import type { KeyDescription } from './key-settings-screen.tsx';

type Finger = NonNullable<KeyDescription['fingers']>[number];

interface FingersProps {
  readonly fingers: readonly Finger[];
  readonly pin: string;
  readonly operation: KeyOperation | null;
  readonly onChanged: () => void;
}

/** The fingers that a key knows; another one is learned in a few touches. */
export function Fingers({ fingers, pin, operation, onChanged }: FingersProps): ReactNode {
  const { t } = useWords();
  const bridge = useBridge();
  const enrol = useRequest('keys.enrol-finger');
  const remove = useRequest('keys.remove-finger');
  const [name, setName] = useState('');
  const [wasTried, setTried] = useState(false);
  const [removing, setRemoving] = useState<Finger | null>(null);
  const add = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (enrol.isBusy || name.trim() === '') return;
    const outcome = await enrol.send({ pin, name: name.trim() });
    if (!outcome.ok) return;
    setName('');
    setTried(false);
    onChanged();
  };
  const takeAway = async ({ id }: Finger) => {
    const outcome = await remove.send({ pin, id });
    setRemoving(null);
    if (outcome.ok) onChanged();
  };
  return (
    <div className="fingers">
      {fingers.length === 0 && <p className="card-words soft">{t('fingers.none')}</p>}
      <ul className="plain-rows">
        {fingers.map((finger) => (
          <li key={finger.id} className="plain-row">
            <span className="row-icon">
              <Icon name="fingerprint" />
            </span>
            <span className="row-words row-title">
              {finger.name === '' ? t('fingers.unnamed') : finger.name}
            </span>
            <Button size="small" icon="close" onClick={() => setRemoving(finger)}>
              {t('action.remove')}
            </Button>
          </li>
        ))}
      </ul>
      {remove.error && <Notice kind="danger" title={describeKeyError(t, remove.error)} isUrgent />}
      <form className="finger-form" onSubmit={(event) => void add(event)} noValidate>
        <TextField
          id="finger-name"
          label={t('fingers.name')}
          hint={t('fingers.name-hint')}
          maxLength={60}
          value={name}
          disabled={enrol.isBusy}
          error={wasTried && name.trim() === '' ? t('fingers.name-missing') : undefined}
          onChange={(event) => setName(event.target.value)}
        />
        {enrol.isBusy && <FingerProgress operation={operation} />}
        {enrol.error && enrol.error.code !== 'access.cancelled' && (
          <Notice kind="danger" title={describeKeyError(t, enrol.error)} isUrgent />
        )}
        {enrol.isBusy ? (
          <Button onClick={() => void bridge.request('access.cancel', {})}>{t('action.cancel')}</Button>
        ) : (
          <Button kind="primary" type="submit" icon="fingerprint">
            {t('fingers.add')}
          </Button>
        )}
      </form>
      {removing !== null && (
        <ConfirmDialog
          title={t('fingers.remove-title', {
            name: removing.name === '' ? t('fingers.unnamed') : removing.name,
          })}
          words={t('fingers.remove-words')}
          confirm={t('action.remove')}
          isBusy={remove.isBusy}
          onConfirm={() => void takeAway(removing)}
          onClose={() => setRemoving(null)}
        />
      )}
    </div>
  );
}

/** How many touches were good, how many are needed, and what was wrong with the last one. */
function FingerProgress({ operation }: { readonly operation: KeyOperation | null }): ReactNode {
  const { t } = useWords();
  const { good = 0, needed = 0, hint = null, step = 'processing' } = operation ?? {};
  const isBegun = needed > 0;
  return (
    <div className="finger-progress" role="status">
      <p className="finger-progress-words">
        <Icon name="fingerprint" size={28} />
        {t(isBegun ? 'fingers.touch-again' : `key-step.${step}`)}
      </p>
      {isBegun && (
        <>
          <progress max={needed} value={good} aria-label={t('fingers.progress', { good, needed })} />
          <p className="caption">{t('fingers.progress', { good, needed })}</p>
        </>
      )}
      {hint !== null && (
        <p className="field-warning">
          <Icon name="info" size={16} />
          {t(`finger-hint.${hint}`)}
        </p>
      )}
    </div>
  );
}
