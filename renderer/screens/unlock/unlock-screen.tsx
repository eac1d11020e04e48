import { lazy, type ReactNode, Suspense, useState } from 'react';
import { timeAt } from '#clinic/clinic-day.ts';
import { formatDate } from '#clinic/formats.ts';
import type { WorkstationState } from '#contracts/bridge/views.ts';
import { useCards, useDoor } from '../../access/door.ts';
import { usePreferences } from '../../app/preferences.ts';
import { ScreenChoices } from '../../app/screen-choices.tsx';
import { useShortcuts } from '../../app/shortcuts.ts';
import { useNow, useToday } from '../../app/surroundings.tsx';
import { Icon, Logo } from '../../parts/icons.tsx';
import { Notice } from '../../parts/notice.tsx';
import { describeError, useWords } from '../../wording/words.ts';
import { PeopleChoice } from './people-choice.tsx';
import { UnlockForm } from './unlock-form.tsx';
import './unlock.css';

const EmergencyOpening = lazy(() =>
  import('../emergency/emergency-opening.tsx').then((m) => ({ default: m.EmergencyOpening })),
);
const HelpDialog = lazy(() =>
  import('../emergency/help-dialog.tsx').then((m) => ({ default: m.HelpDialog })),
);

/** Why this screen is here: nothing to say, a lock by itself, or another person who takes over. */
export type UnlockOccasion = 'plain' | 'locked-by-itself' | 'switching';

interface UnlockScreenProps {
  readonly state: WorkstationState;
  readonly occasion?: UnlockOccasion;
  /** Back to work without another person; null on a locked workstation. */
  readonly onReturn?: (() => void) | null;
}

/** Who are you, and the proof. Shows no patient. */
export function UnlockScreen({ state, occasion = 'plain', onReturn = null }: UnlockScreenProps): ReactNode {
  const { t } = useWords();
  const { lastPerson, set } = usePreferences();
  const door = useDoor();
  const [chosenId, setChosenId] = useState<string | null>(
    state.people.length === 1 ? (state.people[0]?.id ?? null) : null,
  );
  const [isEmergency, setEmergency] = useState(false);
  const [isHelpOpen, setHelpOpen] = useState(false);
  const [isCardUnknown, setCardUnknown] = useState(false);
  const choose = (id: string | null) => {
    setCardUnknown(false);
    setChosenId(id);
  };
  useCards(door, ({ person }) => {
    if (isEmergency) return;
    const isHere = state.people.some(({ id }) => id === person);
    setCardUnknown(!isHere);
    if (isHere) setChosenId(person);
  });
  const chosen = state.people.find((person) => person.id === chosenId);
  const mayOpenOtherwise =
    occasion !== 'switching' && door !== null && (door.hasPaperKey || door.holders.length > 1);
  const canGoBack = state.people.length > 1;
  const back = canGoBack ? () => choose(null) : onReturn;
  useShortcuts({
    F1: () => setHelpOpen(true),
    ...(chosen === undefined && onReturn ? { Escape: onReturn } : {}),
  });

  return (
    <div className="unlock">
      <ClinicPanel state={state} />
      <div className="unlock-side">
        <header className="unlock-choices">
          {onReturn && (
            <button type="button" className="text-button" onClick={onReturn}>
              <Icon name="arrow-left" size={18} />
              {t('switch.return')}
            </button>
          )}
          <ScreenChoices />
        </header>
        <main className="unlock-main">
          <Occasion state={state} occasion={occasion} />
          {isCardUnknown && <Notice kind="info" title={t('unlock.card-unknown')} />}
          {isEmergency && door !== null ? (
            <Suspense>
              <EmergencyOpening state={state} door={door} onLeave={() => setEmergency(false)} />
            </Suspense>
          ) : chosen === undefined ? (
            <PeopleChoice people={state.people} first={lastPerson} onChoose={choose} />
          ) : (
            <UnlockForm
              key={chosen.id}
              person={chosen}
              hasSimulatedDevices={state.hasSimulatedDevices}
              onUnlocked={() => {
                set({ lastPerson: chosen.id });
                onReturn?.();
              }}
              onBack={back}
            />
          )}
        </main>
        {!isEmergency && (
          <footer className="unlock-foot">
            <button type="button" className="text-button" onClick={() => setHelpOpen(true)}>
              <Icon name="info" size={18} />
              {t('help.open')}
            </button>
            {mayOpenOtherwise && (
              <button
                type="button"
                className="text-button text-button-danger"
                onClick={() => setEmergency(true)}
              >
                <Icon name="shield" size={18} />
                {t('emergency-opening.open')}
              </button>
            )}
          </footer>
        )}
      </div>
      {isHelpOpen && (
        <Suspense>
          <HelpDialog state={state} door={door} onClose={() => setHelpOpen(false)} />
        </Suspense>
      )}
    </div>
  );
}

/** Why somebody has to show who she is. */
function Occasion({
  state,
  occasion,
}: {
  readonly state: WorkstationState;
  readonly occasion: UnlockOccasion;
}): ReactNode {
  const { t } = useWords();
  if (occasion === 'switching') {
    return (
      <Notice kind="info" title={t('switch.title')}>
        <p>{t('switch.words')}</p>
      </Notice>
    );
  }
  if (state.failure?.code === 'access.device-removed') {
    return (
      <Notice kind="info" title={t('lock.key-removed')}>
        <p>{t('lock.kept')}</p>
      </Notice>
    );
  }
  if (state.failure !== null) {
    return (
      <Notice kind={state.phase === 'failed' ? 'danger' : 'info'} title={describeError(t, state.failure)} />
    );
  }
  if (occasion !== 'locked-by-itself') return null;
  return (
    <Notice kind="info" title={t('lock.idle')}>
      <p>{t('lock.kept')}</p>
    </Notice>
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
