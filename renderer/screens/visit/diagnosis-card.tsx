import { type ReactNode, useEffect, useState } from 'react';
import type { Icd10Hit, PatientRecord } from '#contracts/bridge/views.ts';
import { useBridge } from '../../bridge/hooks.tsx';
import { ChoiceBox } from '../../parts/choice-box.tsx';
import { icd10Name } from '../../parts/icd10-names.ts';
import { Icon } from '../../parts/icons.tsx';
import { Segmented } from '../../parts/segmented.tsx';
import { useWords } from '../../wording/words.ts';
import type { VisitForm } from './use-visit-form.ts';
import type { DraftedDiagnosis } from './visit-fields.ts';

interface DiagnosisCardProps {
  readonly record: PatientRecord;
  readonly form: VisitForm;
  readonly isDisabled: boolean;
}

const pauseMs = 80;
const mostShown = 8;
const mostFavourites = 6;

/** ICD-10 by code or words; the usual ones one press away. The first is the main diagnosis. */
export function DiagnosisCard({ record, form, isDisabled }: DiagnosisCardProps): ReactNode {
  const { t, language } = useWords();
  const [text, setText] = useState('');
  const { hits, isWaiting } = useIcd10Hits(text, mostShown);
  const { diagnoses } = form.fields;

  const add = (hit: Icd10Hit) => {
    setText('');
    if (diagnoses.some((each) => each.icd10 === hit.code)) return;
    const hasMain = diagnoses.some((each) => each.role === 'main');
    const role = hasMain ? 'accompanying' : 'main';
    const added = {
      icd10: hit.code,
      name: icd10Name(hit, language),
      role,
      certainty: 'provisional',
    } as const;
    form.change({ diagnoses: [...diagnoses, added] });
  };
  const replace = (code: string, part: Partial<DraftedDiagnosis> | null) =>
    form.change({
      diagnoses: diagnoses.flatMap((each) => {
        if (each.icd10 === code) return part === null ? [] : [{ ...each, ...part }];
        // There is one main diagnosis.
        return part?.role === 'main' ? [{ ...each, role: 'accompanying' as const }] : [each];
      }),
    });

  return (
    <section className="card diagnosis" aria-labelledby="diagnosis-title">
      <header className="card-head">
        <h2 id="diagnosis-title">
          <Icon name="diagnosis" size={18} />
          {t('visit.diagnosis')}
        </h2>
      </header>
      {!isDisabled && (
        <>
          <ChoiceBox
            id="icd10"
            label={t('diagnosis.search')}
            isLabelHidden
            placeholder={t('diagnosis.placeholder')}
            text={text}
            onText={setText}
            hits={hits}
            keyOf={(hit) => hit.code}
            show={(hit) => (
              <>
                <span className="code">{hit.code}</span>
                <span className="choice-words">{icd10Name(hit, language)}</span>
              </>
            )}
            onChoose={add}
            none={t('diagnosis.none')}
            isWaiting={isWaiting}
          />
          {text.trim() !== '' && <p className="field-warning">{t('choice.choose')}</p>}
          {diagnoses.length === 0 && <Favourites onChoose={add} />}
        </>
      )}
      <ul className="drafted-diagnoses">
        {diagnoses.map((diagnosis) => (
          <Drafted
            key={diagnosis.icd10}
            diagnosis={diagnosis}
            onChange={(part) => replace(diagnosis.icd10, part)}
          />
        ))}
      </ul>
      {isDisabled && record.body.problems.length === 0 && (
        <p className="card-words soft">{t('diagnosis.disabled')}</p>
      )}
    </section>
  );
}

/** What this clinic uses most: an empty search tells them. */
function Favourites({ onChoose }: { readonly onChoose: (hit: Icd10Hit) => void }): ReactNode {
  const { t, language } = useWords();
  const { hits } = useIcd10Hits('', mostFavourites);
  return (
    <div className="favourites">
      <p className="caption">
        <Icon name="star" size={14} /> {t('diagnosis.favourites')}
      </p>
      <ul>
        {hits.map((hit) => (
          <li key={hit.code}>
            <button
              type="button"
              className="favourite"
              title={icd10Name(hit, language)}
              onClick={() => onChoose(hit)}
            >
              <span className="code">{hit.code}</span>
              <span className="favourite-name">{icd10Name(hit, language)}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

interface DraftedProps {
  readonly diagnosis: DraftedDiagnosis;
  readonly onChange: (part: Partial<DraftedDiagnosis> | null) => void;
}

function Drafted({ diagnosis, onChange }: DraftedProps): ReactNode {
  const { t } = useWords();
  const { icd10, name, role, certainty } = diagnosis;
  return (
    <li className="drafted">
      <p className="drafted-name">
        <span className="code">{icd10}</span> {name}
        <button
          type="button"
          className="icon-button"
          title={t('action.remove')}
          aria-label={`${t('action.remove')}: ${icd10}`}
          onClick={() => onChange(null)}
        >
          <Icon name="close" size={16} />
        </button>
      </p>
      <div className="drafted-choices">
        <Segmented
          name={`role-${icd10}`}
          label={t('diagnosis.role')}
          isLabelHidden
          size="small"
          value={role}
          onChange={(chosen) => onChange({ role: chosen })}
          options={(['main', 'accompanying'] as const).map((each) => ({
            value: each,
            label: t(`diagnosis.${each}`),
          }))}
        />
        <Segmented
          name={`certainty-${icd10}`}
          label={t('diagnosis.certainty')}
          isLabelHidden
          size="small"
          value={certainty}
          onChange={(chosen) => onChange({ certainty: chosen })}
          options={(['provisional', 'confirmed'] as const).map((each) => ({
            value: each,
            label: t(`diagnosis.${each}`),
          }))}
        />
      </div>
    </li>
  );
}

/** What the workstation finds; an empty text finds the favourites. */
function useIcd10Hits(
  text: string,
  limit: number,
): { readonly hits: readonly Icd10Hit[]; readonly isWaiting: boolean } {
  const bridge = useBridge();
  const [found, setFound] = useState<{ text: string; hits: readonly Icd10Hit[] } | null>(null);
  const wanted = text.trim();
  useEffect(() => {
    let isCurrent = true;
    const timer = setTimeout(async () => {
      const outcome = await bridge.request('icd10.search', { text: wanted, limit });
      if (isCurrent) setFound({ text: wanted, hits: outcome.ok ? outcome.value.hits : [] });
    }, pauseMs);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [bridge, wanted, limit]);
  return { hits: found?.hits ?? [], isWaiting: found?.text !== wanted };
}
