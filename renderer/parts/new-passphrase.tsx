import type { ReactNode } from 'react';
import { type Translate, useWords } from '../wording/words.ts';
import type { Mistake } from './error-summary.tsx';
import { PassphraseField } from './passphrase-field.tsx';

/** The workstation judges the strength; shorter ones need not be sent to it. */
const shortest = 12;

interface Typed {
  readonly passphrase: string;
  readonly repeated: string;
}

interface NewPassphraseProps extends Typed {
  readonly onChange: (part: { passphrase: string } | { repeated: string }) => void;
  readonly wrong: (fieldId: string) => string | undefined;
}

/** A new passphrase, typed twice. */
export function NewPassphrase({ passphrase, repeated, onChange, wrong }: NewPassphraseProps): ReactNode {
  const { t } = useWords();
  return (
    <>
      <PassphraseField
        id="new-passphrase"
        label={t('passphrase.new')}
        hint={t('passphrase.hint', { count: shortest })}
        value={passphrase}
        error={wrong('new-passphrase')}
        onChange={(value) => onChange({ passphrase: value })}
      />
      <PassphraseField
        id="repeated-passphrase"
        label={t('passphrase.repeat')}
        value={repeated}
        error={wrong('repeated-passphrase')}
        onChange={(value) => onChange({ repeated: value })}
      />
    </>
  );
}

/** Too short, or not the same twice. */
export function passphraseMistakes(t: Translate, { passphrase, repeated }: Typed): readonly Mistake[] {
  if (passphrase.length < shortest) {
    return [{ fieldId: 'new-passphrase', words: t('passphrase.short', { count: shortest }) }];
  }
  if (passphrase !== repeated) return [{ fieldId: 'repeated-passphrase', words: t('passphrase.differs') }];
  return [];
}
