import type { ReactNode } from 'react';
import { useNavigation } from '../../app/navigation.tsx';
import { useToday } from '../../app/surroundings.tsx';
import type { Draft } from '../../drafts/draft-box.ts';
import { useDrafts } from '../../drafts/drafts-context.tsx';
import { subjectKey } from '../../drafts/subject-key.ts';
import { Button } from '../../parts/button.tsx';
import { Icon } from '../../parts/icons.tsx';
import { Notice } from '../../parts/notice.tsx';
import { describeInstant } from '../../wording/dates.ts';
import { useWords } from '../../wording/words.ts';

/** What this person began to type and did not save: one press goes on with it. */
export function DraftList(): ReactNode {
  const { t } = useWords();
  const { drafts, discarded, forget } = useDrafts();
  if (drafts.length === 0 && discarded === 0) return null;
  return (
    <section className="drafts" aria-labelledby="drafts-title">
      {discarded > 0 && <Notice kind="warning" title={t('drafts.discarded', { count: discarded })} />}
      {drafts.length > 0 && (
        <>
          <h2 id="drafts-title" className="group-title">
            {t('drafts.title')}
          </h2>
          <ul>
            {drafts.map((draft) => (
              <DraftItem
                key={subjectKey(draft.subject)}
                draft={draft}
                onForget={() => forget(draft.subject)}
              />
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function DraftItem({ draft, onForget }: { readonly draft: Draft; readonly onForget: () => void }): ReactNode {
  const { t } = useWords();
  const today = useToday();
  const navigation = useNavigation();
  const { subject } = draft;
  const resume = () =>
    navigation.go(
      subject.form === 'registration'
        ? { screen: 'register' }
        : { screen: 'visit', patientId: subject.patientId, visitId: subject.visitId },
    );
  return (
    <li className="draft">
      <Icon name="pencil" size={18} />
      <div className="draft-words">
        <p className="draft-title">{draft.title || t('drafts.untitled')}</p>
        <p className="caption">
          {t(`drafts.form-${subject.form}`)} · {describeInstant(draft.at, today)}
        </p>
      </div>
      <Button size="small" onClick={resume}>
        {t('drafts.resume')}
      </Button>
      <button
        type="button"
        className="icon-button"
        title={t('drafts.forget-named', { name: draft.title })}
        aria-label={t('drafts.forget-named', { name: draft.title })}
        onClick={onForget}
      >
        <Icon name="close" size={18} />
      </button>
    </li>
  );
}
