import type { ReactNode } from 'react';
import type { PatientRecord } from '#contracts/bridge/views.ts';
import { useToday } from '../app/surroundings.tsx';
import { describeAge, describeBirth } from '../wording/dates.ts';
import { useWords } from '../wording/words.ts';
import { Icon } from './icons.tsx';
import { allergiesOf, allergyStatusIn } from './linked-records.ts';
import { bannerName, formatPinfl, formatTemporary } from './patient-words.ts';

interface PatientBannerProps {
  /** Null while it cannot be had: the allergy slot then says "unavailable". */
  readonly record: PatientRecord | null;
  readonly actions?: ReactNode;
}

/** On top of every patient screen, in the order of the NHS common user interface: name, born, sex, number, allergies. */
export function PatientBanner({ record, actions }: PatientBannerProps): ReactNode {
  const { t } = useWords();
  const today = useToday();
  if (record === null) {
    return (
      <section className="banner" aria-label={t('banner.label')}>
        <AllergySlot record={null} />
      </section>
    );
  }
  const { body } = record;
  const age = describeAge(t, body.birth, today);
  return (
    <section className="banner" aria-label={t('banner.label')}>
      <p className="banner-name">
        {bannerName(body.name)}
        {body.voided !== undefined && <span className="chip chip-void">{t('patient.void')}</span>}
      </p>
      <dl className="banner-facts">
        <div>
          <dt>{t('banner.born')}</dt>
          <dd className="figure">
            {describeBirth(t, body.birth)}
            {age && <span className="banner-age">({age})</span>}
          </dd>
        </div>
        <div>
          <dt>{t('banner.sex')}</dt>
          <dd>{t(`sex.${body.sex}`)}</dd>
        </div>
        <div>
          <dt>{t(body.pinfl === undefined ? 'banner.temporary' : 'banner.pinfl')}</dt>
          <dd className="figure">
            {body.pinfl === undefined ? formatTemporary(body.temporaryNumber ?? '') : formatPinfl(body.pinfl)}
          </dd>
        </div>
      </dl>
      <AllergySlot record={record} />
      {actions && <div className="banner-actions">{actions}</div>}
    </section>
  );
}

/** Four states: known, none known, not recorded, unavailable. The first stands out. */
function AllergySlot({ record }: { readonly record: PatientRecord | null }): ReactNode {
  const { t } = useWords();
  const status = record === null ? 'unavailable' : allergyStatusIn(record);
  const known = (record === null ? [] : allergiesOf(record))
    .map(({ allergy }) => allergy)
    .filter((allergy) => allergy.enteredInError !== true);
  return (
    <div className={`allergy-slot allergy-${status}`}>
      <Icon name={status === 'known' ? 'stop' : status === 'none-known' ? 'check-circle' : 'info'} />
      <div>
        <p className="allergy-label">{t(status === 'known' ? 'allergy.label' : `allergy.${status}`)}</p>
        {status === 'known' && (
          <p className="allergy-substances">
            {known
              .map((allergy) =>
                allergy.severity === 'severe'
                  ? `${allergy.substance} (${t('allergy.severe')})`
                  : allergy.substance,
              )
              .join(', ')}
          </p>
        )}
      </div>
    </div>
  );
}
