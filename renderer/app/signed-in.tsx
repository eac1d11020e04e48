import { lazy, type ReactNode, Suspense, useEffect, useRef, useState } from 'react';
import type { WorkstationState } from '#contracts/bridge/views.ts';
import { useBridge, useView } from '../bridge/hooks.tsx';
import { DraftsContext, useOpenDrafts } from '../drafts/drafts-context.tsx';
import { HomeScreen } from '../screens/home/home-screen.tsx';
import { useWords } from '../wording/words.ts';
import { NavigationContext, type Route, useTrail } from './navigation.tsx';
import { ClockNotice } from './notices.tsx';
import { ScreenFailure } from './screen-failure.tsx';
import { type Session, SessionContext, usePresence } from './session.tsx';
import { useShortcuts } from './shortcuts.ts';
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
}: {
  readonly state: WorkstationState;
  readonly session: Session;
}): ReactNode {
  const bridge = useBridge();
  const { t } = useWords();
  const navigation = useTrail();
  const sync = useView('sync.state', {});
  const drafts = useOpenDrafts(session.person.id);
  const [isHelpOpen, setHelpOpen] = useState(false);
  const [searchFocus, setSearchFocus] = useState(0);
  usePresence(bridge);

  const goToSearch = () => {
    if (navigation.route.screen !== 'home') navigation.go({ screen: 'home' });
    setSearchFocus((times) => times + 1);
  };
  useShortcuts({
    F1: () => setHelpOpen(true),
    F2: goToSearch,
    '/': goToSearch,
    F4: () => navigation.go({ screen: 'register' }),
    F8: () => navigation.go({ screen: 'day' }),
    F9: () => void bridge.request('session.lock', {}),
  });

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
            <Content route={navigation.route}>
              {state.clockErrorMs !== null && <ClockNotice errorMs={state.clockErrorMs} />}
              <ScreenFailure attempt={navigation.route}>
                <Suspense fallback={<div className="screen-wait" aria-busy="true" />}>
                  {state.mustConnect ? (
                    <MustConnectScreen sync={sync.status === 'ready' ? sync.value : null} />
                  ) : (
                    <Screen route={navigation.route} searchFocus={searchFocus} />
                  )}
                </Suspense>
              </ScreenFailure>
            </Content>
          </div>
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

/** The part of the page that changes; focus moves to it with the screen, so that keyboards start at its top. */
function Content({ route, children }: { readonly route: Route; readonly children: ReactNode }): ReactNode {
  const content = useRef<HTMLElement>(null);
  const shown = useRef(route);
  useEffect(() => {
    if (shown.current === route) return;
    shown.current = route;
    if (!content.current?.contains(document.activeElement)) content.current?.focus();
    content.current?.scrollTo(0, 0);
  }, [route]);
  return (
    <main id="content" className="content" tabIndex={-1} ref={content}>
      {children}
    </main>
  );
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
  }
}
