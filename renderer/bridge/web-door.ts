import type { Credentials } from './connection.ts';

const passKey = 'hamshira-pass';

/** The parts of a window that the door touches. */
export interface Entrance {
  readonly location: Pick<Location, 'hash' | 'pathname'>;
  readonly history: Pick<History, 'replaceState'>;
  readonly sessionStorage: Pick<Storage, 'getItem' | 'setItem'>;
  addEventListener(type: 'hashchange', listener: () => void): void;
}

export interface WebDoor extends Credentials {
  onNewToken(came: () => void): void;
}

/**
 * The one-time token of the address the workstation printed (`#token=...` or `#...`). It is taken out of the address bar
 * at once; the pass it is exchanged for lives in this tab's session storage only (BRI-2).
 */
export function openDoor(entrance: Entrance): WebDoor {
  let token = takeToken(entrance);
  return {
    read: () => token ?? entrance.sessionStorage.getItem(passKey) ?? undefined,
    keep(pass) {
      token = undefined;
      entrance.sessionStorage.setItem(passKey, pass);
    },
    onNewToken(came) {
      entrance.addEventListener('hashchange', () => {
        const fresh = takeToken(entrance);
        if (fresh === undefined) return;
        token = fresh;
        came();
      });
    },
  };
}

function takeToken(entrance: Entrance): string | undefined {
  const fragment = entrance.location.hash.replace(/^#/, '').replace(/^token=/, '');
  if (fragment === '') return undefined;
  entrance.history.replaceState(null, '', entrance.location.pathname);
  return decodeURIComponent(fragment);
}
