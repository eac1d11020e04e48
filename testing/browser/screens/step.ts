import type { Screens } from './open-screens.ts';

/** One screen as somebody comes to it; `isDaily` ones must not scroll at 1366 by 768. */
export interface Step {
  readonly name: string;
  readonly isDaily?: boolean;
  readonly go: (screens: Screens) => Promise<void>;
}
