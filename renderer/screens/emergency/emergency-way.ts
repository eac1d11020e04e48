import type { RequestInput } from '#contracts/bridge/requests.ts';
import type { AppError } from '#contracts/errors.ts';

export type EmergencyInput = RequestInput<'session.break-glass'>;

/** How one way of opening in an emergency asks for it: the reason stands above both. Null when it opened, or is not complete. */
export interface EmergencyWay {
  readonly isBusy: boolean;
  /** Marks a missing reason and goes there: false where it is missing. */
  readonly onTry: () => boolean;
  readonly onOpen: (part: (reason: string) => EmergencyInput) => Promise<AppError | null>;
}
