import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { formatDate } from '#clinic/formats.ts';
import { useSurroundings, useToday } from '../../app/surroundings.tsx';
import { useRequest, useView } from '../../bridge/hooks.tsx';
import { Button } from '../../parts/button.tsx';
import { TextField } from '../../parts/field.tsx';
import { Logo } from '../../parts/icons.tsx';
import { Notice } from '../../parts/notice.tsx';
import { ScreenHead } from '../../parts/screen-head.tsx';
import { describeError, useWords } from '../../wording/words.ts';
import { groupNumbers } from '../emergency/paper-key.ts';
import { twoOf } from './two-of.ts';

interface PaperSheetProps {
  readonly groups: readonly string[];
  readonly onDone: () => void;
}

/** The paper key, this once: to be printed or written down. Two of its groups are typed back before the page closes. */
export function PaperSheet({ groups, onDone }: PaperSheetProps): ReactNode {
  const { t, language } = useWords();
  const today = useToday();
  const state = useView('workstation.state', {});
  const facility = state.status === 'ready' ? state.value.facility : null;
  const [isChecking, setChecking] = useState(false);
  return (
    <div className="screen paper-screen">
      <ScreenHead title={t('paper-sheet.title')} words={t('paper-sheet.words')} />
      <Notice kind="warning" title={t('paper-sheet.once')} />
      {isChecking ? (
        <PaperCheck groups={groups} onBack={() => setChecking(false)} onRight={onDone} />
      ) : (
        <>
          <section className="paper-sheet" aria-label={t('paper-key.label')}>
            <header>
              <Logo size={36} />
              <div>
                <p className="paper-sheet-title">{t('paper-sheet.heading')}</p>
                <p>
                  {facility?.name[language]} · {formatDate(today)}
                </p>
              </div>
            </header>
            <ol className="paper-sheet-groups">
              {groupNumbers.map((number) => (
                <li key={number}>
                  <span className="paper-group-number">{number}</span>
                  <span className="paper-sheet-group">{groups[number - 1]}</span>
                </li>
              ))}
            </ol>
            <p>{t('paper-sheet.keep')}</p>
          </section>
          <footer className="paper-actions">
            <Button icon="printer" onClick={() => window.print()}>
              {t('action.print')}
            </Button>
            <Button kind="primary" icon="arrow-right" onClick={() => setChecking(true)}>
              {t('paper-sheet.written')}
            </Button>
          </footer>
        </>
      )}
    </div>
  );
}

interface PaperCheckProps {
  readonly groups: readonly string[];
  readonly onBack: () => void;
  readonly onRight: () => void;
}

function PaperCheck({ groups, onBack, onRight }: PaperCheckProps): ReactNode {
  const { t } = useWords();
  const { crypto } = useSurroundings();
  const [asked] = useState(() => twoOf(groups.length, crypto));
  const keep = useRequest('recovery.keep-paper');
  const [typed, setTyped] = useState<Readonly<Record<number, string>>>({});
  const [wasTried, setTried] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);
  const isRight = (at: number) => (typed[at] ?? '').trim().toUpperCase() === groups[at];
  const keepIt = async () => {
    const kept = await keep.send({
      groups: asked.map((at) => ({ group: at + 1, text: groups[at] ?? '' })),
    });
    if (kept.ok) onRight();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (asked.every(isRight)) void keepIt();
  };
  return (
    <form className="card paper-check" onSubmit={submit} noValidate>
      <h2>{t('paper-check.title')}</h2>
      <p>{t('paper-check.words')}</p>
      <div className="paper-check-fields">
        {asked.map((at, index) => (
          <TextField
            key={at}
            {...(index === 0 ? { ref: first } : {})}
            id={`paper-check-${at + 1}`}
            className="field-code"
            label={t('paper-key.group', { count: at + 1 })}
            maxLength={8}
            value={typed[at] ?? ''}
            error={wasTried && !isRight(at) ? t('paper-check.wrong') : undefined}
            onChange={(event) => setTyped({ ...typed, [at]: event.target.value })}
          />
        ))}
      </div>
      {keep.error && <Notice kind="danger" title={describeError(t, keep.error)} isUrgent />}
      <footer className="paper-actions">
        <Button icon="arrow-left" onClick={onBack}>
          {t('paper-check.back')}
        </Button>
        <Button kind="primary" type="submit" icon="check" isBusy={keep.isBusy}>
          {t('paper-check.submit')}
        </Button>
      </footer>
    </form>
  );
}
