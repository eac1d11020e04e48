import { type ReactNode, useRef } from 'react';
import { useWords } from '../wording/words.ts';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';

interface ConfirmDialogProps {
  readonly title: string;
  /** Names the patient and the consequence. */
  readonly words: ReactNode;
  readonly confirm: string;
  readonly isBusy: boolean;
  readonly children?: ReactNode;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asks before something is taken away; the way out has the focus. */
export function ConfirmDialog(props: ConfirmDialogProps): ReactNode {
  const { title, words, confirm, isBusy, children, onConfirm, onClose } = props;
  const { t } = useWords();
  const cancel = useRef<HTMLButtonElement>(null);
  return (
    <Dialog title={title} onClose={onClose} initialFocus={cancel}>
      <p>{words}</p>
      {children}
      <footer className="dialog-foot">
        <Button ref={cancel} onClick={onClose}>
          {t('action.cancel')}
        </Button>
        <Button kind="danger" isBusy={isBusy} onClick={onConfirm}>
          {confirm}
        </Button>
      </footer>
    </Dialog>
  );
}
