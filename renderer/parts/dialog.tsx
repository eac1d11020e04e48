import { Dialog as AriakitDialog, DialogDismiss, DialogHeading } from '@ariakit/react';
import type { ReactNode, RefObject } from 'react';
import { useWords } from '../wording/words.ts';
import { Icon } from './icons.tsx';

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly size?: 'small' | 'wide';
  /** What has the focus first; in a dialog that destroys, the way out. */
  readonly initialFocus?: RefObject<HTMLElement | null>;
}

/** A question in front of the screen. Escape and the cross leave it. */
export function Dialog({ title, onClose, children, size = 'small', initialFocus }: DialogProps): ReactNode {
  const { t } = useWords();
  return (
    <AriakitDialog
      open
      onClose={onClose}
      className={`dialog dialog-${size}`}
      backdrop={<div className="dialog-backdrop" />}
      {...(initialFocus === undefined ? {} : { initialFocus })}
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
