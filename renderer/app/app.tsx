import { lazy, type ReactNode, Suspense } from 'react';
import type { WorkstationState } from '#contracts/bridge/views.ts';
import { useBridge, useConnection, useView } from '../bridge/hooks.tsx';
import { UnlockScreen } from '../screens/unlock/unlock-screen.tsx';
import { BlockedScreen, StartingScreen } from './blocked-screen.tsx';
import { LockingContext, useLockingOf } from './locking.tsx';
import { LinkLostNotice, TrainingRibbon } from './notices.tsx';
import { RenewingScreen } from './renewing-screen.tsx';
import { ScreenFailure } from './screen-failure.tsx';
import { SecondWayGate } from './second-way-gate.tsx';
import { SignedIn } from './signed-in.tsx';

const EnrolmentScreen = lazy(() =>
  import('../screens/enrolment/enrolment-screen.tsx').then((m) => ({ default: m.EnrolmentScreen })),
);

interface AppProps {
  /** What the workstation said before anything was drawn, if it was quick; the live view goes on from there. */
  readonly firstState: WorkstationState | null;
}

/** Which of the product's four faces is shown: nothing yet, enrolment, the lock, or the clinic. */
export function App({ firstState }: AppProps): ReactNode {
  const connection = useConnection();
  const bridge = useBridge();
  const view = useView('workstation.state', {});
  const state =
    view.status === 'loading' && firstState !== null
      ? ({ status: 'ready', value: firstState } as const)
      : view;
  if (connection.status === 'refused') {
    return <BlockedScreen error={connection.error} onRetry={() => bridge.retry()} />;
  }
  if (state.status === 'ended')
    return <BlockedScreen error={state.error} onRetry={() => window.location.reload()} />;
  if (state.status === 'loading') return <StartingScreen isLost={connection.status === 'lost'} />;
  return (
    <div className="app">
      {state.value.facility?.isTraining && <TrainingRibbon />}
      {connection.status !== 'connected' && <LinkLostNotice />}
      <ScreenFailure attempt={state.value.phase}>
        <Suspense fallback={<StartingScreen isLost={false} />}>
          <Face state={state.value} />
        </Suspense>
      </ScreenFailure>
    </div>
  );
}

function Face({ state }: { readonly state: WorkstationState }): ReactNode {
  const locking = useLockingOf(state);
  const lockScreen = (
    <UnlockScreen state={state} occasion={locking.isByItself ? 'locked-by-itself' : 'plain'} />
  );
  switch (state.phase) {
    case 'unenrolled':
      return <EnrolmentScreen state={state} />;
    case 'locked':
      return locking.isRenewing ? <RenewingScreen>{lockScreen}</RenewingScreen> : lockScreen;
    case 'failed':
      return lockScreen;
    case 'unlocked':
      if (state.session === null) return lockScreen;
      return (
        <LockingContext value={locking}>
          {locking.isSwitching && (
            <UnlockScreen state={state} occasion="switching" onReturn={locking.returnToWork} />
          )}
          <div className={locking.isSwitching ? 'face face-aside' : 'face'} inert={locking.isSwitching}>
            {/* Another person is another screen: nothing of the first one's work stays in memory. */}
            <SecondWayGate key={state.session.person.id} state={state} session={state.session}>
              <SignedIn state={state} session={state.session} isAside={locking.isSwitching} />
            </SecondWayGate>
          </div>
        </LockingContext>
      );
  }
}
