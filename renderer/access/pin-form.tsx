import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { Button } from '../parts/button.tsx';
import { PassphraseField } from '../parts/passphrase-field.tsx';
import { useWords } from '../wording/words.ts';

/** Keys take no shorter PIN (CTAP 2.1, 6.5.1). */
export const shortestPin = 4;

interface PinFormProps {
  readonly isBusy: boolean;
  readonly onPin: (pin: string) => void;
}

/** The PIN of a key. It is forgotten with each attempt: a wrong one must not be sent twice by accident. */
export function PinForm({ isBusy, onPin }: PinFormProps): ReactNode {
  const { t } = useWords();
  const [pin, setPin] = useState('');
  const [isShort, setShort] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (!isBusy) field.current?.focus();
  }, [isBusy]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // A form inside another one's dialog must not submit that one.
    event.stopPropagation();
    setShort(pin.length < shortestPin);
    if (pin.length < shortestPin || isBusy) return;
    setPin('');
    onPin(pin);
  };
  return (
    <form className="pin-form" onSubmit={submit} noValidate>
      <PassphraseField
        id="key-pin"
        label={t('key.pin')}
        value={pin}
        onChange={setPin}
        error={isShort ? t('key.pin-short', { count: shortestPin }) : undefined}
        inputRef={field}
      />
      <Button kind="primary" type="submit" icon="key" isBusy={isBusy} className="button-wide">
        {t('key.use-pin')}
      </Button>
    </form>
  );
}
