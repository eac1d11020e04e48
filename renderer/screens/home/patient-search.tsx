import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import type { FoundPatient as Found, PatientSummary } from '#contracts/bridge/views.ts';
import { useNavigation } from '../../app/navigation.tsx';
import { caresForPatients, useSession } from '../../app/session.tsx';
import { Button } from '../../parts/button.tsx';
import { Icon } from '../../parts/icons.tsx';
import { EmptyState, Notice } from '../../parts/notice.tsx';
import { describeError, type Translate, useWords } from '../../wording/words.ts';
import { DraftList } from './draft-list.tsx';
import { FoundPatient } from './found-patient.tsx';
import { useFoundPatients } from './use-found-patients.ts';

/** Which row of which list is marked; a choice is worth nothing for another list. */
interface Choice {
  readonly of: readonly Found[];
  readonly index: number;
}

const toldOf = (t: Translate, whole: number, similar: number): string =>
  whole === 0 && similar > 0 ? t('search.similar-only') : t('search.found', { count: whole });

/** One input for names in any script, PINFL, birth date and telephone; results as one types. */
export function PatientSearch({ focusRequest }: { readonly focusRequest: number }): ReactNode {
  const { t } = useWords();
  const navigation = useNavigation();
  const session = useSession();
  const [text, setText] = useState('');
  const { patients, isWaiting, error } = useFoundPatients(text);
  const [chosen, setChosen] = useState<Choice>({ of: patients, index: 0 });
  const [isEnterWaiting, setEnterWaiting] = useState(false);
  const input = useRef<HTMLInputElement>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: each request counts, whatever its number
  useEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, [focusRequest]);

  const open = (patient: PatientSummary) => navigation.go({ screen: 'patient', patientId: patient.id });
  const register = () => navigation.go({ screen: 'register', name: text });
  const whole = patients.filter((patient) => patient.matchesAll);
  const similar = patients.filter((patient) => !patient.matchesAll);
  // A new list begins at its best hit; who is only similar is never chosen by itself (SEA-11).
  const activeIndex = chosen.of === patients ? chosen.index : whole.length > 0 ? 0 : -1;
  const choose = (index: number) => setChosen({ of: patients, index });
  const active = [...whole, ...similar][activeIndex];
  // Quick fingers press Enter before the answer is there. One hit is opened then; of several a person must choose.
  // biome-ignore lint/correctness/useExhaustiveDependencies: decided once, when the answer comes
  useEffect(() => {
    if (!isEnterWaiting || isWaiting) return;
    setEnterWaiting(false);
    const [only, second] = patients;
    if (only?.matchesAll && second === undefined) open(only);
  }, [isEnterWaiting, isWaiting]);
  const press = (event: KeyboardEvent) => {
    const moves: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };
    const move = moves[event.key];
    if (move !== undefined && patients.length > 0) {
      event.preventDefault();
      const from = activeIndex < 0 && move < 0 ? 0 : activeIndex;
      choose((from + move + patients.length) % patients.length);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      if (isWaiting) setEnterWaiting(true);
      else if (active !== undefined) open(active);
    } else if (event.key === 'Escape' && text !== '') {
      event.preventDefault();
      setText('');
    }
  };

  const row = (patient: Found, index: number) => (
    <FoundPatient
      key={patient.id}
      patient={patient}
      isActive={index === activeIndex}
      // A hand that rests on the mouse chooses nobody who is only similar; a click does.
      onPoint={() => patient.matchesAll && choose(index)}
      onOpen={() => open(patient)}
    />
  );

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
        {text.trim() !== '' && !isWaiting ? toldOf(t, whole.length, similar.length) : ''}
      </p>
      <div className="search-results">
        {error && <Notice kind="warning" title={describeError(t, error)} />}
        {patients.length > 0 && (
          <div id="found-patients" role="listbox" aria-label={t('search.results')}>
            {whole.map(row)}
            {similar.length > 0 && (
              // biome-ignore lint/a11y/useSemanticElements: a list of options takes groups, no field sets
              <div role="group" aria-labelledby="similar-patients">
                <p id="similar-patients" className="found-similar" role="presentation">
                  {t(whole.length > 0 ? 'search.similar-too' : 'search.similar-only')}
                </p>
                {similar.map((patient, index) => row(patient, whole.length + index))}
              </div>
            )}
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
