import { Dialog as AriakitDialog, DialogDismiss, DialogHeading } from '@ariakit/react';
import { type ReactNode, type RefObject, useRef } from 'react';
import { useWords } from '../wording/words.ts';
import { Icon } from './icons.tsx';

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly size?: 'small' | 'wide';
  /** What has the focus first; in a dialog that destroys, the way out. Else the first field, and without one the cross. */
  readonly initialFocus?: RefObject<HTMLElement | null>;
}

const firstField = 'input:not([type=radio], [type=checkbox], :disabled), textarea:not(:disabled)';

/** A question in front of the screen. Escape and the cross leave it. */
export function Dialog({ title, onClose, children, size = 'small', initialFocus }: DialogProps): ReactNode {
  const { t } = useWords();
  const dialog = useRef<HTMLDivElement>(null);
  const focusField = () => {
    const field = dialog.current?.querySelector<HTMLElement>(firstField);
    field?.focus();
    return field === undefined || field === null;
  };
  return (
    <AriakitDialog
      open
      ref={dialog}
      onClose={onClose}
      className={`dialog dialog-${size}`}
      backdrop={<div className="dialog-backdrop" />}
      {...(initialFocus === undefined ? { autoFocusOnShow: focusField } : { initialFocus })}
    >
      <header className="dialog-head">
        <DialogHeading className="dialog-title">{title}</DialogHeading>
        <DialogDismiss className="icon-button" aria-label={t('action.close')} title={t('action.close')}>
          <Icon name="close" />
        </DialogDismiss>
      </header>
      {children}
    </AriakitDialog>
  );
}
