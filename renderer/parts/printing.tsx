import { type ReactNode, useEffect, useState } from 'react';
import { flushSync } from 'react-dom';
import { dayAt, timeAt } from '#clinic/clinic-day.ts';
import { formatDate } from '#clinic/formats.ts';
import type { WorkstationState } from '#contracts/bridge/views.ts';
import { useSession } from '../app/session.tsx';
import type { Shortcuts } from '../app/shortcuts.ts';
import { useSurroundings } from '../app/surroundings.tsx';
import { useWords } from '../wording/words.ts';
import { Button } from './button.tsx';

const print = () => window.print();

/** The desktop shell has no menu that would print. The same key writes `з` on a Russian or Cyrillic Uzbek keyboard. */
export const printShortcuts: Shortcuts = {
  'Ctrl+p': print,
  'Ctrl+P': print,
  'Ctrl+з': print,
  'Ctrl+З': print,
};

/** Says that this page can be printed, and by which key. It is not on the paper (docs/specs/screens.md SCR-59). */
export function PrintButton(): ReactNode {
  const { t } = useWords();
  return (
    <Button className="print-button" icon="printer" keys="Ctrl P" onClick={print}>
      {t('action.print')}
    </Button>
  );
}

/** On paper only: where it was printed, when and by whom. */
export function PrintedHead({ facility }: { readonly facility: WorkstationState['facility'] }): ReactNode {
  const { t, language } = useWords();
  const { person } = useSession();
  const { clock } = useSurroundings();
  const [at, setAt] = useState(() => clock.now());
  useEffect(() => {
    // The browser lays the paper out as soon as this returns.
    const take = () => flushSync(() => setAt(clock.now()));
    window.addEventListener('beforeprint', take);
    return () => window.removeEventListener('beforeprint', take);
  }, [clock]);
  return (
    <header className="printed-head">
      <p className="printed-facility">{facility?.name[language]}</p>
      <p className="figure">
        {t('printed.by', { time: `${formatDate(dayAt(at))} ${timeAt(at)}`, person: person.name })}
      </p>
    </header>
  );
}
