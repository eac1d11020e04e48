import { createContext, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import type { RecordId } from '#contracts/ids.ts';

/** Where one can be. Kept in memory only: no address, history entry or tab title tells a patient. */
export type Route =
  | { readonly screen: 'home' }
  | { readonly screen: 'register'; readonly name?: string }
  | { readonly screen: 'patient'; readonly patientId: RecordId }
  | { readonly screen: 'visit'; readonly patientId: RecordId; readonly visitId: RecordId }
  | { readonly screen: 'day' }
  | { readonly screen: 'unsent' }
  | { readonly screen: 'reviews' }
  | { readonly screen: 'requests' }
  | { readonly screen: 'staff' }
  | { readonly screen: 'key-settings' }
  | { readonly screen: 'recovery' }
  | { readonly screen: 'audit'; readonly patientId?: RecordId };

export interface Navigation {
  readonly route: Route;
  go(route: Route): void;
  back(): void;
}

const home: Route = { screen: 'home' };
/** Steps that can be gone back. */
const longestTrail = 30;

export const NavigationContext = createContext<Navigation | null>(null);

/** Where the screen is and how to move. */
export function useNavigation(): Navigation {
  const navigation = useContext(NavigationContext);
  if (navigation === null) throw new Error('no navigation above this component');
  return navigation;
}

/** The trail of screens of one session. The browser's own back button goes one step back. */
export function useTrail(): Navigation {
  const [trail, setTrail] = useState<readonly Route[]>([home]);
  const stepBack = useCallback(() => setTrail((old) => (old.length > 1 ? old.slice(0, -1) : [home])), []);

  useEffect(() => {
    window.addEventListener('popstate', stepBack);
    return () => window.removeEventListener('popstate', stepBack);
  }, [stepBack]);

  return useMemo(
    () => ({
      route: trail.at(-1) ?? home,
      go(route) {
        window.history.pushState(null, '');
        setTrail((old) => [...old, route].slice(-longestTrail));
      },
      back: () => window.history.back(),
    }),
    [trail],
  );
}
