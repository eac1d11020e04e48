import { type FormEvent, type ReactNode, useState } from 'react';
import { describeKeyError } from '../../access/key-proof.tsx';
import { shortestPin } from '../../access/pin-form.tsx';
import { useRequest } from '../../bridge/hooks.tsx';
import { Button } from '../../parts/button.tsx';
import { ErrorSummary, type Mistake } from '../../parts/error-summary.tsx';
import { Notice } from '../../parts/notice.tsx';
import { PassphraseField } from '../../parts/passphrase-field.tsx';
import { type Translate, useWords } from '../../wording/words.ts';

interface PinChangeProps {
  readonly hasPin: boolean;
  /** The key has the new PIN now. */
  readonly onChanged: (pin: string) => void;
}

const empty = { present: '', next: '', repeated: '' };
type Entered = typeof empty;

/** The first PIN of a key, or another one. What the key opens stays the same. */
export function PinChange({ hasPin, onChanged }: PinChangeProps): ReactNode {
  const { t } = useWords();
  const change = useRequest('keys.change-pin');
  const [entered, setEntered] = useState<Entered>(empty);
  const [attempt, setAttempt] = useState(0);
  const [isDone, setDone] = useState(false);
  const mistakes = attempt === 0 ? [] : findMistakes(t, entered, hasPin);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setAttempt(attempt + 1);
    setDone(false);
    if (change.isBusy || findMistakes(t, entered, hasPin).length > 0) return;
    const { present, next } = entered;
    const outcome = await change.send({ present: hasPin ? present : null, next });
    // A wrong PIN must not be sent again by accident: the key counts.
    setEntered(empty);
    setAttempt(0);
    if (!outcome.ok) return;
    setDone(true);
    onChanged(next);
  };
  const field = (name: keyof Entered) => (
    <PassphraseField
      id={`pin-${name}`}
      label={t(`key-settings.${name}`)}
      value={entered[name]}
      error={mistakes.find(({ fieldId }) => fieldId === `pin-${name}`)?.words}
      onChange={(value) => setEntered({ ...entered, [name]: value })}
    />
  );
  return (
    <form className="pin-change" onSubmit={(event) => void submit(event)} noValidate>
      <h3>{t(hasPin ? 'key-settings.change-pin' : 'key-settings.set-pin')}</h3>
      <ErrorSummary mistakes={mistakes} attempt={attempt} />
      {change.error && <Notice kind="danger" title={describeKeyError(t, change.error)} isUrgent />}
      {isDone && <Notice kind="good" title={t('key-settings.pin-set')} />}
      {hasPin && field('present')}
      <div className="pin-change-new">
        {field('next')}
        {field('repeated')}
      </div>
      <Button kind="primary" type="submit" isBusy={change.isBusy}>
        {t(hasPin ? 'key-settings.change-pin' : 'key-settings.set-pin')}
      </Button>
    </form>
  );
}

function findMistakes(
  t: Translate,
  { present, next, repeated }: Entered,
  hasPin: boolean,
): readonly Mistake[] {
  const short = t('key.pin-short', { count: shortestPin });
  if (hasPin && present.length < shortestPin) return [{ fieldId: 'pin-present', words: short }];
  if (next.length < shortestPin) return [{ fieldId: 'pin-next', words: short }];
  if (next !== repeated) return [{ fieldId: 'pin-repeated', words: t('key-settings.differs') }];
  return [];
}
