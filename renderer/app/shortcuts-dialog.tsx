import type { ReactNode } from 'react';
import { Keys } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { useWords } from '../wording/words.ts';

/** Keys and the id of the words that say what they do; documented in docs/specs/screens.md SCR-7. */
const keyWords = [
  ['F2  /', 'keys.search'],
  ['F4', 'keys.register'],
  ['F8', 'keys.day'],
  ['F7', 'keys.switch'],
  ['F9', 'keys.lock'],
  ['Ctrl + Enter', 'keys.save'],
  ['Ctrl + P', 'action.print'],
  ['Enter', 'keys.next-field'],
  ['↑  ↓', 'keys.choose'],
  ['Esc', 'keys.leave'],
  ['F1', 'keys.help'],
] as const;

/** Everything the keyboard can do, and whose program this is: the licence asks for it. */
export function ShortcutsDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const { t } = useWords();
  return (
    <Dialog title={t('keys.title')} onClose={onClose}>
      <dl className="shortcut-list">
        {keyWords.map(([keys, words]) => (
          <div key={keys}>
            <dt>
              <Keys keys={keys} />
            </dt>
            <dd>{t(words)}</dd>
          </div>
        ))}
      </dl>
      <p className="caption">{t('keys.licence', { licence: 'AGPL-3.0-only' })}</p>
    </Dialog>
  );
}
