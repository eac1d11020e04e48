import { type ReactNode, useEffect, useState } from 'react';
import { Controller, useWatch } from 'react-hook-form';
import type { MahallaHit } from '#contracts/bridge/views.ts';
import { useBridge } from '../../bridge/hooks.tsx';
import { ChoiceBox } from '../../parts/choice-box.tsx';
import { TextField } from '../../parts/field.tsx';
import { Segmented } from '../../parts/segmented.tsx';
import { useWords } from '../../wording/words.ts';
import type { FieldsProps } from './registration-form.tsx';

/** Telephone, mahalla and address, consent, and the question about allergies. */
export function ContactFields({
  form,
  wrong,
  hasAllergyQuestion,
}: FieldsProps & { readonly hasAllergyQuestion: boolean }): ReactNode {
  const { t } = useWords();
  return (
    <fieldset className="form-group">
      <legend className="group-title">{t('register.contact')}</legend>
      <div className="register-row register-contact">
        <TextField
          id="phone"
          label={t('field.phone')}
          optional={t('field.optional')}
          type="tel"
          inputMode="tel"
          placeholder="90 123 45 67"
          maxLength={20}
          error={wrong('phone')}
          {...form.register('phone')}
        />
        <MahallaField form={form} wrong={wrong} />
        <TextField
          id="address-line"
          label={t('field.address-line')}
          optional={t('field.optional')}
          maxLength={200}
          error={wrong('address-line')}
          {...form.register('addressLine')}
        />
      </div>
      <div className="register-row register-consent">
        {hasAllergyQuestion && (
          <Controller
            name="allergyStatus"
            control={form.control}
            render={({ field }) => (
              <Segmented
                name="allergy-status"
                label={t('allergy.title')}
                value={field.value}
                onChange={field.onChange}
                options={[
                  { value: 'not-recorded', label: t('allergy.not-asked') },
                  { value: 'none-known', label: t('allergy.none-known') },
                ]}
              />
            )}
          />
        )}
        <label className="check check-consent">
          <input type="checkbox" autoComplete="off" {...form.register('hasConsent')} />
          <span>{t('consent.question')}</span>
        </label>
      </div>
    </fieldset>
  );
}

const pauseMs = 80;
const mostShown = 8;

function MahallaField({ form, wrong }: FieldsProps): ReactNode {
  const { t } = useWords();
  const bridge = useBridge();
  const [code, name] = useWatch({ control: form.control, name: ['mahallaCode', 'mahallaName'] });
  const [hits, setHits] = useState<readonly MahallaHit[]>([]);
  const [isWaiting, setWaiting] = useState(false);
  // A chosen name is no search: the list then shows the neighbours of the catchment again.
  const wanted = code === '' ? name.trim() : '';
  useEffect(() => {
    let isCurrent = true;
    setWaiting(true);
    const timer = setTimeout(async () => {
      const outcome = await bridge.request('mahallas.search', { text: wanted, limit: mostShown });
      if (!isCurrent) return;
      setHits(outcome.ok ? outcome.value.hits : []);
      setWaiting(false);
    }, pauseMs);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [bridge, wanted]);

  return (
    <ChoiceBox
      id="mahalla"
      label={t('field.mahalla')}
      optional={t('field.optional')}
      error={wrong('mahalla')}
      warningText={name.trim() !== '' && code === '' ? t('choice.choose') : undefined}
      text={name}
      onText={(text) => {
        form.setValue('mahallaName', text, { shouldDirty: true });
        form.setValue('mahallaCode', '', { shouldDirty: true });
      }}
      hits={hits}
      keyOf={(hit) => hit.code}
      show={(hit) => (
        <>
          <span>{hit.name}</span>
          <span className="caption figure">{hit.code}</span>
        </>
      )}
      onChoose={(hit) => {
        form.setValue('mahallaName', hit.name, { shouldDirty: true });
        form.setValue('mahallaCode', hit.code, { shouldDirty: true });
      }}
      none={t('mahalla.none')}
      isWaiting={isWaiting}
    />
  );
}
