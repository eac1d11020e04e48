import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import type { PatientSummary } from '#contracts/bridge/views.ts';
import { useNavigation } from '../../app/navigation.tsx';
import { caresForPatients, useSession } from '../../app/session.tsx';
import { Button } from '../../parts/button.tsx';
import { Icon } from '../../parts/icons.tsx';
import { EmptyState, Notice } from '../../parts/notice.tsx';
import { describeError, useWords } from '../../wording/words.ts';
import { DraftList } from './draft-list.tsx';
import { FoundPatient } from './found-patient.tsx';
import { useFoundPatients } from './use-found-patients.ts';

/** One input for names in any script, PINFL, birth date and telephone; results as one types. */
export function PatientSearch({ focusRequest }: { readonly focusRequest: number }): ReactNode {
  const { t } = useWords();
  const navigation = useNavigation();
  const session = useSession();
  const [text, setText] = useState('');
  const { patients, isWaiting, error } = useFoundPatients(text);
  const [activeIndex, setActiveIndex] = useState(0);
  const [isEnterWaiting, setEnterWaiting] = useState(false);
  const input = useRef<HTMLInputElement>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: each request counts, whatever its number
  useEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, [focusRequest]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new list begins at its best hit
  useEffect(() => setActiveIndex(0), [patients]);

  const open = (patient: PatientSummary) => navigation.go({ screen: 'patient', patientId: patient.id });
  const register = () => navigation.go({ screen: 'register', name: text });
  const active = patients[activeIndex];
  // Quick fingers press Enter before the answer is there. One hit is opened then; of several a person must choose.
  // biome-ignore lint/correctness/useExhaustiveDependencies: decided once, when the answer comes
  useEffect(() => {
    if (!isEnterWaiting || isWaiting) return;
    setEnterWaiting(false);
    const [only, second] = patients;
    if (only !== undefined && second === undefined) open(only);
  }, [isEnterWaiting, isWaiting]);
  const press = (event: KeyboardEvent) => {
    const moves: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };
    const move = moves[event.key];
    if (move !== undefined && patients.length > 0) {
      event.preventDefault();
      setActiveIndex((activeIndex + move + patients.length) % patients.length);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      if (isWaiting) setEnterWaiting(true);
      else if (active !== undefined) open(active);
    } else if (event.key === 'Escape' && text !== '') {
      event.preventDefault();
      setText('');
    }
  };

  return (
    <section className="card home-search" aria-labelledby="search-title">
      <h1 id="search-title" className="visually-hidden">
        {t('search.title')}
      </h1>
      <div className="search-box">
        <Icon name="search" size={22} />
        <input
          ref={input}
          id="patient-search"
          type="text"
          className="search-input"
          role="combobox"
          aria-expanded={patients.length > 0}
          aria-controls="found-patients"
          aria-activedescendant={active && `found-${active.id}`}
          aria-autocomplete="list"
          aria-label={t('search.title')}
          placeholder={t('search.placeholder')}
          autoComplete="off"
          spellCheck={false}
          maxLength={120}
          value={text}
          onChange={(event) => {
            setEnterWaiting(false);
            setText(event.target.value);
          }}
          onKeyDown={press}
        />
        {isWaiting && <span className="spinner" aria-hidden="true" />}
      </div>
      <p className="visually-hidden" role="status">
        {text.trim() !== '' && !isWaiting ? t('search.found', { count: patients.length }) : ''}
      </p>
      <div className="search-results">
        {error && <Notice kind="warning" title={describeError(t, error)} />}
        {patients.length > 0 && (
          <div id="found-patients" role="listbox" aria-label={t('search.results')}>
            {patients.map((patient, index) => (
              <FoundPatient
                key={patient.id}
                patient={patient}
                isActive={index === activeIndex}
                onPoint={() => setActiveIndex(index)}
                onOpen={() => open(patient)}
              />
            ))}
          </div>
        )}
        {patients.length === 0 && (text.trim() === '' ? <DraftList /> : null)}
        {patients.length === 0 && error === null && !isWaiting && (
          <EmptyState
            icon={text.trim() === '' ? 'search' : 'user'}
            title={t(text.trim() === '' ? 'search.empty' : 'search.none')}
          >
            <p>{t(text.trim() === '' ? 'search.empty-words' : 'search.none-words')}</p>
          </EmptyState>
        )}
      </div>
      {caresForPatients(session) && (
        <footer className="card-foot">
          <Button
            kind={text.trim() !== '' && patients.length === 0 ? 'primary' : 'secondary'}
            icon="user-plus"
            keys="F4"
            onClick={register}
          >
            {t('search.register')}
          </Button>
          {patients.length > 0 && <span className="caption">{t('search.keys')}</span>}
        </footer>
      )}
    </section>
  );
}
