import type { ReactNode } from 'react';

interface ScreenHeadProps {
  readonly title: ReactNode;
  readonly words?: ReactNode;
  readonly children?: ReactNode;
}

/** Title of a screen, a line of explanation, and what can be done at its right. */
export function ScreenHead({ title, words, children }: ScreenHeadProps): ReactNode {
  return (
    <header className="screen-head">
      <div>
        <h1>{title}</h1>
        {words && <p className="soft">{words}</p>}
      </div>
      {children && <div className="screen-head-actions">{children}</div>}
    </header>
  );
}
