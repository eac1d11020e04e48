import type { ReactNode } from 'react';
import { formatNumber } from '#clinic/formats.ts';
import type { SyncState, WorkstationState } from '#contracts/bridge/views.ts';
import { useBridge } from '../bridge/hooks.tsx';
import { Keys } from '../parts/button.tsx';
import { Icon, type IconName, Logo } from '../parts/icons.tsx';
import { initials } from '../parts/patient-words.ts';
import { describeInstant } from '../wording/dates.ts';
import { useWords } from '../wording/words.ts';
import { useLocking } from './locking.tsx';
import { type Route, useNavigation } from './navigation.tsx';
import { ScreenChoices } from './screen-choices.tsx';
import { administers, caresForPatients, useSession } from './session.tsx';
import { useToday } from './surroundings.tsx';

interface SidebarProps {
  readonly state: WorkstationState;
  readonly sync: SyncState | null;
  readonly onSearch: () => void;
  readonly onHelp: () => void;
}

/** Where to go, how the exchange with the center stands, and who is here. */
export function Sidebar({ state, sync, onSearch, onHelp }: SidebarProps): ReactNode {
  const { t, language } = useWords();
  return (
    <div className="sidebar">
      <header className="brand">
        <Logo />
        <div className="brand-words">
          <p className="brand-name">Hamshira</p>
          {state.facility && (
            <p className="brand-facility" title={state.facility.name[language]}>
              {state.facility.name[language]}
            </p>
          )}
        </div>
      </header>
      <Places sync={sync} onSearch={onSearch} />
      <div className="sidebar-foot">
        <SyncCard sync={sync} />
        <PersonCard />
        <div className="sidebar-choices">
          <ScreenChoices />
          <button
            type="button"
            className="icon-button"
            onClick={onHelp}
            title={`${t('keys.title')} (F1)`}
            aria-label={t('keys.title')}
          >
            <Icon name="keyboard" />
          </button>
        </div>
      </div>
    </div>
  );
}

function Places({
  sync,
  onSearch,
}: {
  readonly sync: SyncState | null;
  readonly onSearch: () => void;
}): ReactNode {
  const { t } = useWords();
  const session = useSession();
  return (
    <nav aria-label={t('nav.label')}>
      <ul className="places">
        <Place route={{ screen: 'home' }} icon="home" words={t('nav.home')} keys="F2" onGo={onSearch} />
        {caresForPatients(session) && (
          <Place route={{ screen: 'register' }} icon="user-plus" words={t('nav.register')} keys="F4" />
        )}
        <Place route={{ screen: 'day' }} icon="calendar" words={t('nav.day')} keys="F8" />
        <Place route={{ screen: 'unsent' }} icon="upload" words={t('nav.unsent')} count={sync?.unsent ?? 0} />
        <Place
          route={{ screen: 'reviews' }}
          icon="inbox"
          words={t('nav.reviews')}
          count={sync?.openReviews ?? 0}
          isAttention
        />
        <Place
          route={{ screen: 'requests' }}
          icon="swap"
          words={t('nav.requests')}
          count={sync?.waitingRequests ?? 0}
          isAttention
        />
        <Place
          route={{ screen: 'staff' }}
          icon={administers(session) ? 'users' : 'key'}
          words={t(administers(session) ? 'nav.staff' : 'nav.own-keys')}
          within={['key-settings', 'recovery', 'audit']}
        />
      </ul>
    </nav>
  );
}

interface PlaceProps {
  readonly route: Route;
  readonly icon: IconName;
  readonly words: string;
  readonly keys?: string;
  readonly count?: number;
  /** The count asks for somebody's decision; otherwise it is plain news. */
  readonly isAttention?: boolean;
  readonly onGo?: () => void;
  /** Screens that belong to this place. */
  readonly within?: readonly Route['screen'][];
}

function Place(props: PlaceProps): ReactNode {
  const { route, icon, words, keys, count = 0, isAttention = false, onGo, within = [] } = props;
  const { language } = useWords();
  const navigation = useNavigation();
  const { screen } = navigation.route;
  const isHere = screen === route.screen || within.includes(screen);
  return (
    <li>
      <button
        type="button"
        className="place"
        aria-current={isHere ? 'page' : undefined}
        onClick={onGo ?? (() => navigation.go(route))}
      >
        <Icon name={icon} />
        <span className="place-words">{words}</span>
        {count > 0 && (
          <span className={isAttention ? 'badge badge-attention' : 'badge'}>
            {formatNumber(count, language)}
          </span>
        )}
        {keys && <Keys keys={keys} />}
      </button>
    </li>
  );
}

/** Being offline is normal: grey, in words, and with what is still to be sent. */
function SyncCard({ sync }: { readonly sync: SyncState | null }): ReactNode {
  const { t, language } = useWords();
  const today = useToday();
  const bridge = useBridge();
  if (sync === null) return null;
  const contact =
    sync.lastContactAt === null
      ? t('sync.no-contact')
      : t('sync.last-contact', { time: describeInstant(sync.lastContactAt, today) });
  return (
    <section className={`sync-card sync-${sync.link}`} aria-label={t('sync.label')}>
      <p className="sync-link">
        <span className="sync-dot" aria-hidden="true" />
        {t(`sync.${sync.link}`)}
      </p>
      {sync.refusal !== null && <p className="sync-refusal">{t(`error.${sync.refusal}`)}</p>}
      <p className="caption">
        {sync.isFirstCopy ? t('sync.first-copy', { count: formatNumber(sync.received, language) }) : contact}
      </p>
      {sync.link === 'offline' && (
        <button type="button" className="text-button" onClick={() => void bridge.request('sync.now', {})}>
          {t('sync.try-now')}
        </button>
      )}
    </section>
  );
}

function PersonCard(): ReactNode {
  const { t } = useWords();
  const { person } = useSession();
  const { lock, switchPerson } = useLocking();
  return (
    <section className="person-card" aria-label={t('session.label')}>
      <span className="avatar" aria-hidden="true">
        {initials(person.name)}
      </span>
      <div className="person-words">
        <p className="person-name" title={person.name}>
          {person.name}
        </p>
        <p className="caption">{person.roles.map((role) => t(`role.${role}`)).join(', ')}</p>
      </div>
      <button
        type="button"
        className="icon-button"
        title={`${t('session.switch')} (F7)`}
        aria-label={t('session.switch')}
        onClick={switchPerson}
      >
        <Icon name="swap" />
      </button>
      <button
        type="button"
        className="icon-button"
        title={`${t('session.lock')} (F9)`}
        aria-label={t('session.lock')}
        onClick={lock}
      >
        <Icon name="lock" />
      </button>
    </section>
  );
}
