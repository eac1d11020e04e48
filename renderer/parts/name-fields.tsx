import type { ReactNode } from 'react';
import { type Translate, useWords } from '../wording/words.ts';
import type { Mistake } from './error-summary.tsx';
import { TextField } from './field.tsx';

export interface TypedName {
  readonly family: string;
  readonly given: string;
  readonly patronymic: string;
}

interface NameFieldsProps {
  readonly name: TypedName;
  readonly onChange: (name: TypedName) => void;
  readonly wrong: (fieldId: string) => string | undefined;
}

/** Family name, given name, patronymic of a member of staff, as on the document. */
export function NameFields({ name, onChange, wrong }: NameFieldsProps): ReactNode {
  const { t } = useWords();
  return (
    <div className="name-fields">
      <TextField
        id="family"
        label={t('name.family')}
        maxLength={80}
        value={name.family}
        error={wrong('family')}
        onChange={(event) => onChange({ ...name, family: event.target.value })}
      />
      <TextField
        id="given"
        label={t('name.given')}
        maxLength={80}
        value={name.given}
        error={wrong('given')}
        onChange={(event) => onChange({ ...name, given: event.target.value })}
      />
      <TextField
        id="patronymic"
        label={t('name.patronymic')}
        optional={t('field.optional')}
        maxLength={80}
        value={name.patronymic}
        onChange={(event) => onChange({ ...name, patronymic: event.target.value })}
      />
    </div>
  );
}

/** Family and given name must not be blank. */
export function nameMistakes(t: Translate, name: TypedName): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  if (name.family.trim() === '') mistakes.push({ fieldId: 'family', words: t('issue.family.required') });
  if (name.given.trim() === '') mistakes.push({ fieldId: 'given', words: t('issue.given.required') });
  return mistakes;
}

/** An empty patronymic is left out. */
export function trimName(name: TypedName) {
  const patronymic = name.patronymic.trim();
  return {
    family: name.family.trim(),
    given: name.given.trim(),
    ...(patronymic === '' ? {} : { patronymic }),
  };
}
