import type { ReactNode } from 'react';
import { useDoor } from '../access/door.ts';
import { RotationNotice } from '../access/rotation-notice.tsx';
import { Logo } from '../parts/icons.tsx';

/**
 * While the records go under a new key, as was asked for at this screen: nobody has to show who she is, so nobody is asked. `children`
 * is the lock, for when it comes to that after all.
 */
export function RenewingScreen({ children }: { readonly children: ReactNode }): ReactNode {
  const door = useDoor();
  if (door !== null && door.rotation === null) return children;
  return (
    <main className="blocked" aria-busy="true">
      <div className="starting">
        <Logo size={56} />
        <RotationNotice door={door ?? { rotation: 0 }} />
      </div>
    </main>
  );
}
