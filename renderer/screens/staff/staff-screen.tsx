import { type ReactNode, useRef, useState } from 'react';
import type { PersonAccess } from '#contracts/bridge/access.ts';
import { AccessNav } from '../../access/access-nav.tsx';
import { useKeptFocus } from '../../app/kept-focus.ts';
import { administers, useSession } from '../../app/session.tsx';
import { useView } from '../../bridge/hooks.tsx';
import { Button } from '../../parts/button.tsx';
import { Icon } from '../../parts/icons.tsx';
import { Notice } from '../../parts/notice.tsx';
import { initials } from '../../parts/patient-words.ts';
import { ScreenHead } from '../../parts/screen-head.tsx';
import { describeError, useWords } from '../../wording/words.ts';
import { AddPerson } from './add-person.tsx';
import { PersonDetail } from './person-detail.tsx';
import './staff.css';

/** Who opens this workstation, and by what: everybody's for administrators, one's own for others. */
export function StaffScreen(): ReactNode {
  const { t } = useWords();
  const session = useSession();
  const mayAdminister = administers(session);
  const view = useView('access.people', {});
  const state = useView('workstation.state', {});
  const hasSimulatedDevices = state.status === 'ready' && state.value.hasSimulatedDevices;
  const people = view.status === 'ready' ? view.value.people : [];
  const paperKeyMadeAt = view.status === 'ready' ? view.value.paperKeyMadeAt : null;
  const [chosenId, setChosenId] = useState<string>(session.person.id);
  const [isAdding, setAdding] = useState(false);
  const chosen = people.find(({ id }) => id === chosenId) ?? people[0];
  const add = useRef<HTMLButtonElement>(null);
  useKeptFocus(add, isAdding);
  useKeptFocus(add, chosen?.id);

  return (
    <div className="screen">
      <ScreenHead
        title={t(mayAdminister ? 'staff.title' : 'own-keys.title')}
        words={t(mayAdminister ? 'staff.words' : 'own-keys.words')}
      >
        {mayAdminister && !isAdding && (
          <Button ref={add} kind="primary" icon="user-plus" onClick={() => setAdding(true)}>
            {t('staff.add')}
          </Button>
        )}
      </ScreenHead>
      <AccessNav />
      {view.status === 'ended' && <Notice kind="warning" title={describeError(t, view.error)} />}
      {isAdding ? (
        <AddPerson
          hasSimulatedDevices={hasSimulatedDevices}
          hasRecovery={paperKeyMadeAt !== null || people.filter(({ isHolder }) => isHolder).length > 1}
          onLeave={() => setAdding(false)}
        />
      ) : (
        <div className={people.length > 1 ? 'staff-columns' : 'staff-alone'}>
          {people.length > 1 && <PeopleList people={people} chosen={chosen} onChoose={setChosenId} />}
          {chosen !== undefined && (
            <PersonDetail
              key={chosen.id}
              person={chosen}
              isOwn={chosen.id === session.person.id}
              mayAdminister={mayAdminister}
              hasSimulatedDevices={hasSimulatedDevices}
            />
          )}
        </div>
      )}
    </div>
  );
}

interface PeopleListProps {
  readonly people: readonly PersonAccess[];
  readonly chosen: PersonAccess | undefined;
  readonly onChoose: (id: string) => void;
}

function PeopleList({ people, chosen, onChoose }: PeopleListProps): ReactNode {
  const { t } = useWords();
  return (
    <section className="card staff-list" aria-labelledby="staff-list">
      <header className="card-head">
        <h2 id="staff-list">{t('staff.enrolled')}</h2>
        <span className="badge">{people.length}</span>
      </header>
      <ul className="plain-rows">
        {people.map((person) => (
          <li key={person.id}>
            <button
              type="button"
              className="plain-row row-link staff-row"
              aria-current={person === chosen ? 'true' : undefined}
              onClick={() => onChoose(person.id)}
            >
              <span className="avatar" aria-hidden="true">
                {initials(person.name)}
              </span>
              <span className="row-words">
                <span className="row-title">{person.name}</span>
                <span className="caption">
                  {[...new Set(person.ways.map(({ method }) => t(`unlock-method.${method}`)))].join(', ')}
                </span>
              </span>
              {person.needsSecond && (
                <span className="chip chip-urgent">
                  <Icon name="alert" size={14} />
                  {t('staff.second-short')}
                </span>
              )}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
