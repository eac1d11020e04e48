import { lazy, type ReactNode, Suspense, useState } from 'react';
import type { WorkstationState } from '#contracts/bridge/views.ts';
import { useBridge } from '../bridge/hooks.tsx';
import { type Session, SessionContext, usePresence } from './session.tsx';

const SecondWayScreen = lazy(() =>
  import('../screens/second-way/second-way-screen.tsx').then((m) => ({ default: m.SecondWayScreen })),
);

interface SecondWayGateProps {
  readonly state: WorkstationState;
  readonly session: Session;
  /** The clinic. */
  readonly children: ReactNode;
}

/**
 * Stands before the clinic at the beginning of a session whose person has one way in and nothing to fall back on (ACC-53). It never
 * falls in the middle of one: a patient may be sitting there.
 */
export function SecondWayGate({ state, session, children }: SecondWayGateProps): ReactNode {
  const [isShut, setShut] = useState(session.needsSecond);
  if (!isShut) return children;
  return (
    <SessionContext value={session}>
      <Presence />
      <Suspense fallback={<div className="screen-wait" aria-busy="true" />}>
        <SecondWayScreen state={state} isNeeded={session.needsSecond} onWork={() => setShut(false)} />
      </Suspense>
    </SessionContext>
  );
}

function Presence(): ReactNode {
  usePresence(useBridge());
  return null;
}
