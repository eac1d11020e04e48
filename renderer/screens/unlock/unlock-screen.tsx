import { type ReactNode, useState } from 'react';
import { timeAt } from '#clinic/clinic-day.ts';
import { formatDate } from '#clinic/formats.ts';
import type { WorkstationState } from '#contracts/bridge/views.ts';
import { ScreenChoices } from '../../app/screen-choices.tsx';
import { useNow, useToday } from '../../app/surroundings.tsx';
import { Icon, Logo } from '../../parts/icons.tsx';
import { Notice } from '../../parts/notice.tsx';
import { initials } from '../../parts/patient-words.ts';

import { describeError, useWords } from '../../wording/words.ts';
import { UnlockForm } from './unlock-form.tsx';
import './unlock.css';

type Somebody = WorkstationState['people'][number];

/** Who are you, and the proof. Shows no patient. */
export function UnlockScreen({ state }: { readonly state: WorkstationState }): ReactNode {
  const { t } = useWords();
  const [chosenId, setChosenId] = useState<string | null>(
    state.people.length === 1 ? (state.people[0]?.id ?? null) : null,
  );
  const chosen = state.people.find((person) => person.id === chosenId);
  return (
    <div className="unlock">
      <ClinicPanel state={state} />
      <div className="unlock-side">
        <header className="unlock-choices">
          <ScreenChoices />
        </header>
        <main className="unlock-main">
          {state.failure && (
            <Notice
              kind={state.phase === 'failed' ? 'danger' : 'info'}
              title={describeError(t, state.failure)}
            />
          )}
          {chosen === undefined ? (
            <PeopleChoice people={state.people} onChoose={setChosenId} />
          ) : (
            <UnlockForm
              key={chosen.id}
              person={chosen}
              hasSimulatedDevices={state.hasSimulatedDevices}
              onBack={state.people.length > 1 ? () => setChosenId(null) : null}
            />
          )}
        </main>
      </div>
    </div>
  );
}

function ClinicPanel({ state }: { readonly state: WorkstationState }): ReactNode {
  const { t, language } = useWords();
  const now = useNow();
  const today = useToday();
  return (
    <aside className="unlock-clinic">
      <div className="unlock-brand">
        <Logo size={44} />
        <p className="unlock-product">Hamshira</p>
      </div>
      <div>
        <p className="unlock-time">{timeAt(now)}</p>
        <p className="unlock-day">{formatDate(today)}</p>
      </div>
      <div>
        {state.facility && <p className="unlock-facility">{state.facility.name[language]}</p>}
        <p className="unlock-safe">
          <Icon name="lock" size={18} />
          {t('unlock.safe')}
        </p>
      </div>
    </aside>
  );
}

interface PeopleChoiceProps {
  readonly people: readonly Somebody[];
  readonly onChoose: (id: string) => void;
}

function PeopleChoice({ people, onChoose }: PeopleChoiceProps): ReactNode {
  const { t } = useWords();
  return (
    <section className="unlock-people">
      <h1>{t('unlock.who')}</h1>
      <ul className={people.length > 6 ? 'people-grid people-many' : 'people-grid'}>
        {people.map((person) => (
          <li key={person.id}>
            <button type="button" className="person-choice" onClick={() => onChoose(person.id)}>
              <span className="avatar avatar-large" aria-hidden="true">
                {initials(person.name)}
              </span>
              <span className="person-choice-name">{person.name}</span>
              <Icon name="chevron-right" />
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
