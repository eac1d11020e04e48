import { lazy, type ReactNode, Suspense, useEffect, useRef, useState } from 'react';
import type { WorkstationState } from '#contracts/bridge/views.ts';
import { useBridge, useView } from '../bridge/hooks.tsx';
import { DraftsContext, useOpenDrafts } from '../drafts/drafts-context.tsx';
import { PrintedHead, printShortcuts } from '../parts/printing.tsx';
import { ScanReceiver } from '../scanning/scan-receiver.tsx';
import { HomeScreen } from '../screens/home/home-screen.tsx';
import { useWords } from '../wording/words.ts';
import { FinishedNotice, FinishedVisitContext, useFinishedVisit } from './finished-visit.tsx';
import { useLocking } from './locking.tsx';
import { NavigationContext, type Route, useTrail } from './navigation.tsx';
import { BreakGlassNotice, ClockNotice, RenewedNotice } from './notices.tsx';
import { ScreenFailure } from './screen-failure.tsx';
import { type Session, SessionContext, usePresence } from './session.tsx';
import { type Shortcuts, useShortcuts } from './shortcuts.ts';
import { Sidebar } from './sidebar.tsx';

const RegistrationScreen = lazy(() =>
  import('../screens/registration/registration-screen.tsx').then((m) => ({ default: m.RegistrationScreen })),
);
const PatientScreen = lazy(() =>
  import('../screens/patient/patient-screen.tsx').then((m) => ({ default: m.PatientScreen })),
);
const VisitScreen = lazy(() =>
  import('../screens/visit/visit-screen.tsx').then((m) => ({ default: m.VisitScreen })),
);
const DayScreen = lazy(() => import('../screens/day/day-screen.tsx').then((m) => ({ default: m.DayScreen })));
const UnsentScreen = lazy(() =>
  import('../screens/unsent/unsent-screen.tsx').then((m) => ({ default: m.UnsentScreen })),
);
const ReviewsScreen = lazy(() =>
  import('../screens/reviews/reviews-screen.tsx').then((m) => ({ default: m.ReviewsScreen })),
);
const RequestsScreen = lazy(() =>
  import('../screens/requests/requests-screen.tsx').then((m) => ({ default: m.RequestsScreen })),
);
const StaffScreen = lazy(() =>
  import('../screens/staff/staff-screen.tsx').then((m) => ({ default: m.StaffScreen })),
);
const KeySettingsScreen = lazy(() =>
  import('../screens/key-settings/key-settings-screen.tsx').then((m) => ({ default: m.KeySettingsScreen })),
);
const RecoveryScreen = lazy(() =>
  import('../screens/recovery/recovery-screen.tsx').then((m) => ({ default: m.RecoveryScreen })),
);
const AuditScreen = lazy(() =>
  import('../screens/audit/audit-screen.tsx').then((m) => ({ default: m.AuditScreen })),
);
const MustConnectScreen = lazy(() =>
  import('../screens/must-connect/must-connect-screen.tsx').then((m) => ({ default: m.MustConnectScreen })),
);
const ShortcutsDialog = lazy(() =>
  import('./shortcuts-dialog.tsx').then((m) => ({ default: m.ShortcutsDialog })),
);

/** The clinic, for the person who is signed in. */
export function SignedIn({
  state,
  session,
  isAside,
}: {
  readonly state: WorkstationState;
  readonly session: Session;
  /** Somebody else is about to take over: nothing is shown and no key does anything, but everything stays as it is. */
  readonly isAside: boolean;
}): ReactNode {
  const bridge = useBridge();
  const { t } = useWords();
  const navigation = useTrail();
  const { finished, tellFinished } = useFinishedVisit(navigation.route);
  const sync = useView('sync.state', {});
  const drafts = useOpenDrafts(session.person.id);
  const [isHelpOpen, setHelpOpen] = useState(false);
  const [searchFocus, setSearchFocus] = useState(0);
  usePresence(bridge);

  const goToSearch = () => {
    if (navigation.route.screen !== 'home') navigation.go({ screen: 'home' });
    setSearchFocus((times) => times + 1);
  };
  const { lock, switchPerson, isRenewed, forgetRenewal } = useLocking();
  const shortcuts: Shortcuts = {
    F1: () => setHelpOpen(true),
    F2: goToSearch,
    '/': goToSearch,
    F4: () => navigation.go({ screen: 'register' }),
    F8: () => navigation.go({ screen: 'day' }),
    F7: switchPerson,
    F9: lock,
    ...printShortcuts,
  };
  useShortcuts(isAside ? {} : shortcuts);

  return (
    <SessionContext value={session}>
      <NavigationContext value={navigation}>
        <DraftsContext value={drafts}>
          <a className="skip-link" href="#content">
            {t('skip.content')}
          </a>
          <div className="frame">
            <Sidebar
              state={state}
              sync={sync.status === 'ready' ? sync.value : null}
              onSearch={goToSearch}
              onHelp={() => setHelpOpen(true)}
            />
            <main id="content" className="content" tabIndex={-1}>
              <PrintedHead facility={state.facility} />
              {finished !== null && !isAside && <FinishedNotice visit={finished} />}
              {isRenewed && <RenewedNotice onClose={forgetRenewal} />}
              {session.breakGlass !== null && <BreakGlassNotice by={session.breakGlass} />}
              {state.clockErrorMs !== null && <ClockNotice errorMs={state.clockErrorMs} />}
              <ScreenFailure attempt={navigation.route}>
                <FinishedVisitContext value={tellFinished}>
                  <Suspense fallback={<div className="screen-wait" aria-busy="true" />}>
                    <TopOfScreen route={navigation.route} />
                    {state.mustConnect ? (
                      <MustConnectScreen sync={sync.status === 'ready' ? sync.value : null} />
                    ) : (
                      <Screen route={navigation.route} searchFocus={searchFocus} />
                    )}
                  </Suspense>
                </FinishedVisitContext>
              </ScreenFailure>
            </main>
          </div>
          {!isAside && !state.mustConnect && (
            // Not loaded on demand: a card may be scanned in the moment after an unlock.
            <ScanReceiver />
          )}
          {isHelpOpen && (
            <Suspense>
              <ShortcutsDialog onClose={() => setHelpOpen(false)} />
            </Suspense>
          )}
        </DraftsContext>
      </NavigationContext>
    </SessionContext>
  );
}

/**
 * Focus moves to the part of the page that changes with the screen, so that keyboards start at its top. It stands beside the screen
 * within its wait: before a screen is there the old one still has the focus, and would take it along.
 */
function TopOfScreen({ route }: { readonly route: Route }): ReactNode {
  const shown = useRef(route);
  useEffect(() => {
    if (shown.current === route) return;
    shown.current = route;
    const content = document.getElementById('content');
    if (!content?.contains(document.activeElement)) content?.focus();
    content?.scrollTo(0, 0);
  }, [route]);
  return null;
}

function Screen({ route, searchFocus }: { readonly route: Route; readonly searchFocus: number }): ReactNode {
  switch (route.screen) {
    case 'home':
      return <HomeScreen searchFocus={searchFocus} />;
    case 'register':
      return <RegistrationScreen typed={route.name ?? ''} />;
    case 'patient':
      return <PatientScreen key={route.patientId} patientId={route.patientId} />;
    case 'visit':
      return <VisitScreen key={route.visitId} patientId={route.patientId} visitId={route.visitId} />;
    case 'day':
      return <DayScreen />;
    case 'unsent':
      return <UnsentScreen />;
    case 'reviews':
      return <ReviewsScreen />;
    case 'requests':
      return <RequestsScreen />;
    case 'staff':
      return <StaffScreen />;
    case 'key-settings':
      return <KeySettingsScreen />;
    case 'recovery':
      return <RecoveryScreen />;
    case 'audit':
      return <AuditScreen key={route.patientId ?? ''} patientId={route.patientId ?? null} />;
  }
}
