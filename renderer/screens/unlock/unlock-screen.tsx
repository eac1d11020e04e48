import { lazy, type ReactNode, Suspense, useState } from 'react';
import { timeAt } from '#clinic/clinic-day.ts';
import { formatDate } from '#clinic/formats.ts';
import type { Door } from '#contracts/bridge/access.ts';
import type { WorkstationState } from '#contracts/bridge/views.ts';
import { useCards, useDoor } from '../../access/door.ts';
import type { Somebody } from '../../access/proof-entry.tsx';
import { RotationNotice } from '../../access/rotation-notice.tsx';
import { rememberedAfter, usePreferences } from '../../app/preferences.ts';
import { ScreenChoices } from '../../app/screen-choices.tsx';
import { useShortcuts } from '../../app/shortcuts.ts';
import { useNow, useToday } from '../../app/surroundings.tsx';
import { Icon, Logo } from '../../parts/icons.tsx';
import { Notice } from '../../parts/notice.tsx';
import { useTypedCards } from '../../scanning/use-typed-cards.ts';
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
  const door = useDoor();
  useTypedCards();
  const { chosen, choose, isCardUnknown, isEmergency, setEmergency } = useChoice(state, door);
  const [isHelpOpen, setHelpOpen] = useState(false);
  const mayOpenOtherwise =
    occasion !== 'switching' && door !== null && (door.hasPaperKey || door.holders.length > 1);
  // Whoever chose her name has read why the screen is here; the room is needed.
  const wasChosenByHand = chosen !== undefined && state.people.length > 1;
  const isAtList = chosen === undefined && !isEmergency;
  useShortcuts({ F1: () => setHelpOpen(true), ...(isAtList && onReturn ? { Escape: onReturn } : {}) });

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
          {(!wasChosenByHand || state.phase === 'failed' || door?.rotation != null) && (
            <Occasion state={state} occasion={occasion} door={door} />
          )}
          {isCardUnknown && <Notice kind="info" title={t('unlock.card-unknown')} />}
          {isEmergency && door !== null ? (
            <Suspense>
              <EmergencyOpening state={state} door={door} onLeave={() => setEmergency(false)} />
            </Suspense>
          ) : (
            <Way state={state} chosen={chosen} onChoose={choose} onReturn={onReturn} />
          )}
        </main>
        {!isEmergency && (
          <Foot
            onHelp={() => setHelpOpen(true)}
            onEmergency={mayOpenOtherwise ? () => setEmergency(true) : null}
          />
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

/** Who was chosen, by hand or by her card. */
function useChoice(state: WorkstationState, door: Door | null) {
  const [chosenId, setChosenId] = useState<string | null>(
    state.people.length === 1 ? (state.people[0]?.id ?? null) : null,
  );
  const [isCardUnknown, setCardUnknown] = useState(false);
  const [isEmergency, setEmergency] = useState(false);
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
  return { chosen, choose, isCardUnknown, isEmergency, setEmergency };
}

interface WayProps {
  readonly state: WorkstationState;
  readonly chosen: Somebody | undefined;
  readonly onChoose: (id: string | null) => void;
  readonly onReturn: (() => void) | null;
}

/** The names, or one person's way in. */
function Way({ state, chosen, onChoose, onReturn }: WayProps): ReactNode {
  const { lastPeople, set } = usePreferences();
  if (chosen === undefined) {
    const present = state.session?.person.id ?? null;
    return (
      <PeopleChoice people={state.people} lastPeople={lastPeople} present={present} onChoose={onChoose} />
    );
  }
  return (
    <UnlockForm
      key={chosen.id}
      person={chosen}
      hasSimulatedDevices={state.hasSimulatedDevices}
      onUnlocked={() => {
        set({ lastPeople: rememberedAfter(lastPeople, chosen.id) });
        onReturn?.();
      }}
      onBack={state.people.length > 1 ? () => onChoose(null) : onReturn}
    />
  );
}

interface FootProps {
  readonly onHelp: () => void;
  readonly onEmergency: (() => void) | null;
}

/** For those who cannot open as usual. */
function Foot({ onHelp, onEmergency }: FootProps): ReactNode {
  const { t } = useWords();
  return (
    <footer className="unlock-foot">
      <button type="button" className="text-button" onClick={onHelp}>
        <Icon name="info" size={18} />
        {t('help.open')}
      </button>
      {onEmergency && (
        <button type="button" className="text-button text-button-danger" onClick={onEmergency}>
          <Icon name="shield" size={18} />
          {t('emergency-opening.open')}
        </button>
      )}
    </footer>
  );
}

interface OccasionProps {
  readonly state: WorkstationState;
  readonly occasion: UnlockOccasion;
  readonly door: Door | null;
}

/** Why somebody has to show who she is, or has to wait. */
function Occasion({ state, occasion, door }: OccasionProps): ReactNode {
  const { t } = useWords();
  if (door !== null && door.rotation !== null) return <RotationNotice door={door} />;
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
