import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import { Icon, type IconName } from './icons.tsx';

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly kind?: 'primary' | 'secondary' | 'quiet' | 'danger';
  readonly size?: 'normal' | 'small';
  readonly icon?: IconName;
  /** Work is going on: the button keeps its place and takes no second press. */
  readonly isBusy?: boolean;
  /** The key that does the same, shown at the end. */
  readonly keys?: string;
  readonly ref?: Ref<HTMLButtonElement>;
}

/** A native button in the product's clothes. */
export function Button(props: ButtonProps): ReactNode {
  const {
    kind = 'secondary',
    size = 'normal',
    icon,
    isBusy = false,
    keys,
    children,
    className,
    ...rest
  } = props;
  const classes = ['button', `button-${kind}`, `button-${size}`, className].filter(Boolean).join(' ');
  return (
    <button
      type="button"
      {...rest}
      className={classes}
      aria-busy={isBusy || undefined}
      aria-disabled={isBusy || undefined}
      onClick={isBusy ? (event) => event.preventDefault() : rest.onClick}
    >
      {isBusy ? <span className="spinner" aria-hidden="true" /> : icon && <Icon name={icon} />}
      {children !== undefined && <span className="button-words">{children}</span>}
      {keys && <Keys keys={keys} />}
    </button>
  );
}

/** A key to press, as printed on the keyboard. */
export function Keys({ keys }: { readonly keys: string }): ReactNode {
  return (
    <span className="keys" aria-hidden="true">
      {keys}
    </span>
  );
}
