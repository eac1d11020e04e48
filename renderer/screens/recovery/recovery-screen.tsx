import { type ReactNode, useState } from 'react';
import { dayAt } from '#clinic/clinic-day.ts';
import { formatDate } from '#clinic/formats.ts';
import type { Instant } from '#contracts/ids.ts';
import { AccessNav } from '../../access/access-nav.tsx';
import { useRequest, useView } from '../../bridge/hooks.tsx';
import { Button } from '../../parts/button.tsx';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { Icon } from '../../parts/icons.tsx';
import { Notice } from '../../parts/notice.tsx';
import { ScreenHead } from '../../parts/screen-head.tsx';
import { describeError, useWords } from '../../wording/words.ts';
import { HoldersCard } from './holders-card.tsx';
import { PaperSheet } from './paper-sheet.tsx';
import './recovery.css';

/** What opens the records when keys are lost and passphrases forgotten: a paper in a safe, or two people together. */
export function RecoveryScreen(): ReactNode {
  const { t } = useWords();
  const view = useView('access.people', {});
  const [groups, setGroups] = useState<readonly string[] | null>(null);
  // Kept here: what was saved begins the card anew.
  const [areHoldersSaved, setHoldersSaved] = useState(false);
  if (groups !== null) {
    return <PaperSheet groups={groups} onDone={() => setGroups(null)} />;
  }
  return (
    <div className="screen">
      <ScreenHead title={t('recovery.title')} words={t('recovery.words')} />
      <AccessNav />
      {view.status === 'ended' && <Notice kind="warning" title={describeError(t, view.error)} />}
      {view.status === 'ready' && (
        <div className="recovery-columns">
          <PaperCard madeAt={view.value.paperKeyMadeAt} onMade={setGroups} />
          <HoldersCard
            key={holdersOf(view.value.people)}
            people={view.value.people}
            isSaved={areHoldersSaved}
            onSaved={setHoldersSaved}
          />
        </div>
      )}
    </div>
  );
}

/** Another choice elsewhere begins this one anew. */
const holdersOf = (people: readonly { readonly id: string; readonly isHolder: boolean }[]): string =>
  people.flatMap(({ id, isHolder }) => (isHolder ? [id] : [])).join(' ');

interface PaperCardProps {
  readonly madeAt: Instant | null;
  readonly onMade: (groups: readonly string[]) => void;
}

function PaperCard({ madeAt, onMade }: PaperCardProps): ReactNode {
  const { t } = useWords();
  const make = useRequest('recovery.make-paper');
  const [isAsking, setAsking] = useState(false);
  const makeNow = async () => {
    const made = await make.send({});
    setAsking(false);
    if (made.ok) onMade(made.value.groups);
  };
  return (
    <section className="card" aria-labelledby="paper-title">
      <header className="card-head">
        <h2 id="paper-title">
          <Icon name="note" />
          {t('paper-key.label')}
        </h2>
      </header>
      <div className="recovery-body">
        <p>{t('paper-key.words')}</p>
        {madeAt === null ? (
          <Notice kind="warning" title={t('paper-key.none')} />
        ) : (
          <Notice kind="good" title={t('paper-key.made', { date: formatDate(dayAt(madeAt)) })} />
        )}
        {make.error && <Notice kind="danger" title={describeError(t, make.error)} isUrgent />}
        <Button
          kind="primary"
          icon="plus"
          isBusy={make.isBusy}
          onClick={() => (madeAt === null ? void makeNow() : setAsking(true))}
        >
          {t(madeAt === null ? 'paper-key.make' : 'paper-key.make-new')}
        </Button>
      </div>
      {isAsking && (
        <ConfirmDialog
          title={t('paper-key.make-new')}
          words={t('paper-key.old-ends')}
          confirm={t('paper-key.make-new')}
          isBusy={make.isBusy}
          onConfirm={() => void makeNow()}
          onClose={() => setAsking(false)}
        />
      )}
    </section>
  );
}
