import type { ReactNode } from 'react';
import { type Route, useNavigation } from '../app/navigation.tsx';
import { administers, useSession } from '../app/session.tsx';
import { Icon, type IconName } from '../parts/icons.tsx';
import { useWords } from '../wording/words.ts';
import { useDoor } from './door.ts';
import { RotationNotice } from './rotation-notice.tsx';
import './access.css';

const places = [
  { screen: 'staff', icon: 'users', isForAll: true },
  { screen: 'key-settings', icon: 'key', isForAll: true },
  { screen: 'recovery', icon: 'shield', isForAll: false },
  { screen: 'audit', icon: 'eye', isForAll: false },
] as const satisfies readonly { screen: Route['screen']; icon: IconName; isForAll: boolean }[];

/** The pages about who gets in, and how far the records are under a new key. */
export function AccessNav(): ReactNode {
  const { t } = useWords();
  const session = useSession();
  const navigation = useNavigation();
  const door = useDoor();
  return (
    <>
      <nav aria-label={t('nav.access')} className="access-nav">
        {places
          .filter(({ isForAll }) => isForAll || administers(session))
          .map(({ screen, icon }) => (
            <button
              key={screen}
              type="button"
              className="access-place"
              aria-current={navigation.route.screen === screen ? 'page' : undefined}
              onClick={() => navigation.go({ screen })}
            >
              <Icon name={icon} size={18} />
              {t(`access-place.${screen}`)}
            </button>
          ))}
      </nav>
      <RotationNotice door={door} />
    </>
  );
}
