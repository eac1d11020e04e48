import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { WorkstationState } from '#contracts/bridge/views.ts';
import { useLocking } from '../../app/locking.tsx';
import { ScreenChoices } from '../../app/screen-choices.tsx';
import { administers, useSession } from '../../app/session.tsx';
import { useShortcuts } from '../../app/shortcuts.ts';
import { useRequest, useView } from '../../bridge/hooks.tsx';
import { Button } from '../../parts/button.tsx';
import { Icon, Logo } from '../../parts/icons.tsx';
import { Notice } from '../../parts/notice.tsx';
import { describeError, useWords } from '../../wording/words.ts';
import { PaperSheet } from '../recovery/paper-sheet.tsx';
import { EnrolKeyDialog } from '../staff/enrol-key-dialog.tsx';
import '../recovery/recovery.css';
import '../staff/staff.css';
import './second-way.css';

interface SecondWayScreenProps {
  readonly state: WorkstationState;
  /** False once there is a second way: then only the way to work is left. */
  readonly isNeeded: boolean;
  readonly onWork: () => void;
}

/**
 * Before any work, for whoever would be shut out by one loss (ACC-53): administrators make the second way now, others are told whom
 * to fetch and may go on to a patient who waits.
 */
export function SecondWayScreen({ state, isNeeded, onWork }: SecondWayScreenProps): ReactNode {
  const session = useSession();
  const { lock, switchPerson } = useLocking();
  const [groups, setGroups] = useState<readonly string[] | null>(null);
  const [isKeyOpen, setKeyOpen] = useState(false);
  useShortcuts({ F7: switchPerson, F9: lock });
  if (groups !== null) {
    return (
      <Frame isBare>
        <PaperSheet groups={groups} onDone={() => setGroups(null)} />
      </Frame>
    );
  }
  const isDone = !isNeeded && !isKeyOpen;
  return (
    <Frame isBare={isDone}>
      {isDone ? (
        <Done onWork={onWork} />
      ) : administers(session) ? (
        <Ways onPaper={setGroups} onKey={() => setKeyOpen(true)} onWork={onWork} />
      ) : (
        <Fetch onWork={onWork} />
      )}
      {isKeyOpen && (
        <OwnKeyDialog hasSimulatedDevices={state.hasSimulatedDevices} onClose={() => setKeyOpen(false)} />
      )}
    </Frame>
  );
}

/** `isBare`: the content has a heading of its own. */
function Frame({
  isBare = false,
  children,
}: {
  readonly isBare?: boolean;
  readonly children: ReactNode;
}): ReactNode {
  const { t } = useWords();
  const { lock } = useLocking();
  const main = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: keyboards start at its top whenever it is another page
  useEffect(() => {
    if (!main.current?.contains(document.activeElement)) main.current?.focus();
  }, [isBare]);
  return (
    <div className="second-way">
      <header className="second-way-head">
        <Logo size={40} />
        <ScreenChoices />
        <Button icon="lock" keys="F9" onClick={lock}>
          {t('second-way.lock')}
        </Button>
      </header>
      <main className="second-way-main" tabIndex={-1} ref={main}>
        {!isBare && (
          <div>
            <h1>{t('second-way.title')}</h1>
            <p className="soft">{t('second-way.words')}</p>
          </div>
        )}
        {children}
      </main>
    </div>
  );
}

interface WaysProps {
  readonly onPaper: (groups: readonly string[]) => void;
  readonly onKey: () => void;
  readonly onWork: () => void;
}

/** What an administrator chooses from; nothing leads past it but a full disk, where none can be made: a patient may wait. */
function Ways({ onPaper, onKey, onWork }: WaysProps): ReactNode {
  const { t } = useWords();
  const make = useRequest('recovery.make-paper');
  const makeNow = async () => {
    const made = await make.send({});
    if (made.ok) onPaper(made.value.groups);
  };
  return (
    <>
      <Notice kind="warning" title={t('second-way.choose')} />
      {make.error && <Notice kind="danger" title={describeError(t, make.error)} isUrgent />}
      <div className="second-way-choices">
        <section className="card second-way-choice" aria-labelledby="second-way-paper">
          <h2 id="second-way-paper">
            <Icon name="note" />
            {t('paper-key.label')}
          </h2>
          <p>{t('second-way.paper-words')}</p>
          <Button kind="primary" icon="plus" isBusy={make.isBusy} onClick={() => void makeNow()}>
            {t('paper-key.make')}
          </Button>
        </section>
        <section className="card second-way-choice" aria-labelledby="second-way-key">
          <h2 id="second-way-key">
            <Icon name="fingerprint" />
            {t('second-way.key-title')}
          </h2>
          <p>{t('second-way.key-words')}</p>
          <Button icon="key" onClick={onKey}>
            {t('staff.add-key')}
          </Button>
        </section>
      </div>
      {make.error?.code === 'store.disk-full' && <GoToWork onWork={onWork} />}
    </>
  );
}

/** For whoever cannot make one herself: nobody is kept from a patient. */
function Fetch({ onWork }: { readonly onWork: () => void }): ReactNode {
  const { t } = useWords();
  return (
    <>
      <Notice kind="warning" title={t('second-way.fetch')}>
        <p>{t('second-way.fetch-words')}</p>
      </Notice>
      <GoToWork onWork={onWork} />
    </>
  );
}

function Done({ onWork }: { readonly onWork: () => void }): ReactNode {
  const { t } = useWords();
  return (
    <>
      <h1 className="second-way-done">
        <Icon name="check-circle" size={28} />
        {t('second-way.done')}
      </h1>
      <GoToWork onWork={onWork} />
    </>
  );
}

function GoToWork({ onWork }: { readonly onWork: () => void }): ReactNode {
  const { t } = useWords();
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus(), []);
  return (
    <footer className="second-way-foot">
      <Button kind="primary" icon="arrow-right" ref={button} onClick={onWork}>
        {t('second-way.to-work')}
      </Button>
    </footer>
  );
}

interface OwnKeyDialogProps {
  readonly hasSimulatedDevices: boolean;
  readonly onClose: () => void;
}

function OwnKeyDialog({ hasSimulatedDevices, onClose }: OwnKeyDialogProps): ReactNode {
  const session = useSession();
  const view = useView('access.people', {});
  const person =
    view.status === 'ready' ? view.value.people.find(({ id }) => id === session.person.id) : undefined;
  if (person === undefined) return null;
  return <EnrolKeyDialog person={person} isOwn hasSimulatedDevices={hasSimulatedDevices} onClose={onClose} />;
}
