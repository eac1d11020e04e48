import type { ReactNode } from 'react';
import { Icon, type IconName } from './icons.tsx';

const icons = {
  info: 'info',
  warning: 'alert',
  danger: 'stop',
  good: 'check-circle',
} as const satisfies Record<string, IconName>;

interface NoticeProps {
  readonly kind: keyof typeof icons;
  readonly title: ReactNode;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
  /** Read out at once by a screen reader. */
  readonly isUrgent?: boolean;
}

/** Words that matter here and now: icon, colour and text together. */
export function Notice({ kind, title, children, actions, isUrgent = false }: NoticeProps): ReactNode {
  return (
    <div className={`notice notice-${kind}`} role={isUrgent ? 'alert' : 'status'}>
      <Icon name={icons[kind]} />
      <div className="notice-words">
        <p className="notice-title">{title}</p>
        {children}
      </div>
      {actions && <div className="notice-actions">{actions}</div>}
    </div>
  );
}

interface EmptyStateProps {
  readonly icon: IconName;
  readonly title: string;
  readonly children?: ReactNode;
}

/** What a list says when there is nothing in it. */
export function EmptyState({ icon, title, children }: EmptyStateProps): ReactNode {
  return (
    <div className="empty">
      <span className="empty-icon">
        <Icon name={icon} size={28} />
      </span>
      <p className="empty-title">{title}</p>
      {children && <div className="empty-words">{children}</div>}
    </div>
  );
}
