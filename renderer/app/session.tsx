import { createContext, useContext, useEffect } from 'react';
import type { WorkstationState } from '#contracts/bridge/views.ts';
import { administratorRoles, clinicalRoles, type Role } from '#contracts/roles.ts';
import type { BridgeClient } from '../bridge/client.ts';

export type Session = NonNullable<WorkstationState['session']>;

export const SessionContext = createContext<Session | null>(null);

/** Who is signed in. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('nobody is signed in above this component');
  return session;
}

const hasRoleOf = (session: Session, wanted: readonly Role[]): boolean =>
  session.person.roles.some((role) => wanted.includes(role));

/** May write about patients. The workstation checks again. */
export const caresForPatients = (session: Session): boolean => hasRoleOf(session, clinicalRoles);
/** May enrol staff. The workstation checks again. */
export const administers = (session: Session): boolean => hasRoleOf(session, administratorRoles);

/** Presence is told at most this often. */
const touchEveryMs = 20_000;

/** Tells the workstation that somebody is at the screen, so that the idle lock waits. */
export function usePresence(bridge: BridgeClient): void {
  useEffect(() => {
    let isQuiet = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const touch = () => {
      if (isQuiet) return;
      isQuiet = true;
      timer = setTimeout(() => {
        isQuiet = false;
      }, touchEveryMs);
      void bridge.request('session.touch', {});
    };
    for (const kind of ['keydown', 'pointerdown', 'wheel'])
      window.addEventListener(kind, touch, { passive: true });
    return () => {
      clearTimeout(timer);
      for (const kind of ['keydown', 'pointerdown', 'wheel']) window.removeEventListener(kind, touch);
    };
  }, [bridge]);
}
