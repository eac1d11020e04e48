import type { ReactNode } from 'react';
import { Controller, useWatch } from 'react-hook-form';
import { formatDate } from '#clinic/formats.ts';
import { registrationWarnings } from '#clinic/forms/registration.ts';
import { parsePinfl, pinflDigits } from '#clinic/identity/pinfl.ts';
import { parseTypedDate } from '#clinic/identity/typed-dates.ts';
import { useToday } from '../../app/surroundings.tsx';
import { Button } from '../../parts/button.tsx';
import { TextField } from '../../parts/field.tsx';
import { Icon } from '../../parts/icons.tsx';
import { Segmented } from '../../parts/segmented.tsx';
import { describeAge } from '../../wording/dates.ts';
import { useWords } from '../../wording/words.ts';
import type { FieldsProps } from './registration-form.tsx';

/** Number, name, birth, sex. */
export function IdentityFields({ form, wrong }: FieldsProps): ReactNode {
  const { t } = useWords();
  return (
    <fieldset className="form-group">
      <legend className="group-title">{t('register.identity')}</legend>
      <div className="register-row register-pinfl">
        <TextField
          id="pinfl"
          label={t('field.pinfl')}
          optional={t('field.if-known')}
          className="field-code"
          inputMode="numeric"
          maxLength={20}
          autoFocus
          error={wrong('pinfl')}
          {...form.register('pinfl')}
        />
        <PinflReading form={form} told={wrong('pinfl')} />
      </div>
      <div className="register-row register-name">
        <TextField
          id="family"
          label={t('name.family')}
          maxLength={80}
          error={wrong('family')}
          {...form.register('family')}
        />
        <TextField
          id="given"
          label={t('name.given')}
          maxLength={80}
          error={wrong('given')}
          {...form.register('given')}
        />
        <TextField
          id="patronymic"
          label={t('name.patronymic')}
          optional={t('field.optional')}
          maxLength={80}
          error={wrong('patronymic')}
          {...form.register('patronymic')}
        />
      </div>
      <div className="register-row register-birth">
        <BirthField form={form} wrong={wrong} />
        <Controller
          name="sex"
          control={form.control}
          render={({ field }) => (
            <Segmented
              name="sex"
              label={t('field.sex')}
              value={field.value === '' ? null : field.value}
              onChange={field.onChange}
              error={wrong('sex-female')}
              options={[
                { value: 'female', label: t('sex.female') },
                { value: 'male', label: t('sex.male') },
              ]}
            />
          )}
        />
      </div>
    </fieldset>
  );
}

function BirthField({ form, wrong }: FieldsProps): ReactNode {
  const { t } = useWords();
  const today = useToday();
  const birth = useWatch({ control: form.control, name: 'birth' });
  const approximate = useWatch({ control: form.control, name: 'isBirthApproximate' });
  const date = parseTypedDate(birth, today);
  const warning = date === undefined ? undefined : registrationWarnings({ birth: { date } }, today)[0];
  const read =
    date === undefined
      ? t('birth.hint')
      : [formatDate(date), describeAge(t, { date, approximate }, today)].filter(Boolean).join(' · ');
  return (
    <div className="birth-field">
      <TextField
        id="birth"
        label={t('field.birth')}
        inputMode="numeric"
        maxLength={12}
        hint={<span className={date === undefined ? undefined : 'field-read'}>{read}</span>}
        error={wrong('birth')}
        warning={warning && t(`issue.${warning.message}`)}
        {...form.register('birth')}
      />
      <label className="check">
        <input type="checkbox" autoComplete="off" {...form.register('isBirthApproximate')} />
        <span>{t('birth.approximate')}</span>
      </label>
    </div>
  );
}

interface PinflReadingProps extends Pick<FieldsProps, 'form'> {
  /** What stands below the field since the last attempt to save: not to be said twice. */
  readonly told: string | undefined;
}

/** What the number says so far, and the offer to take birth date and sex from it. */
function PinflReading({ form, told }: PinflReadingProps): ReactNode {
  const { t } = useWords();
  const today = useToday();
  const [typed, birth, sex] = useWatch({ control: form.control, name: ['pinfl', 'birth', 'sex'] });
  const digits = pinflDigits(typed);
  if (digits === '') return <p className="pinfl-reading soft">{t('pinfl.none-hint')}</p>;
  if (/^\d{1,13}$/.test(digits)) {
    const words = told ? `${digits.length} / 14` : t('pinfl.progress', { count: digits.length });
    return <p className="pinfl-reading soft">{words}</p>;
  }
  const pinfl = parsePinfl(digits);
  if (!pinfl.ok) {
    const words = t(`issue.${pinfl.error}`);
    return words === told ? null : (
      <p className="pinfl-reading field-error" role="status">
        <Icon name="alert" size={16} />
        {words}
      </p>
    );
  }
  const isTaken = parseTypedDate(birth, today) === pinfl.value.birthDate && sex === pinfl.value.sex;
  const words = `${formatDate(pinfl.value.birthDate)}, ${t(`sex.${pinfl.value.sex}`)}`;
  if (isTaken) {
    return (
      <p className="pinfl-reading pinfl-sound" role="status">
        <Icon name="check-circle" size={18} />
        {t('pinfl.agrees')}
      </p>
    );
  }
  const take = () => {
    form.setValue('birth', formatDate(pinfl.value.birthDate), { shouldDirty: true });
    form.setValue('sex', pinfl.value.sex, { shouldDirty: true });
    form.setFocus('family');
  };
  return (
    <div className="pinfl-reading" role="status">
      <p>{t('pinfl.says', { words })}</p>
      <Button size="small" icon="check" onClick={take}>
        {t('pinfl.take')}
      </Button>
    </div>
  );
}
