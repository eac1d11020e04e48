import type { RequestInput } from '#contracts/bridge/requests.ts';
import type { AppError } from '#contracts/errors.ts';
import { describeKeyError } from '../../access/key-proof.tsx';
import type { Translate } from '../../wording/words.ts';

export type EmergencyInput = RequestInput<'session.break-glass'>;

/** How one way of opening in an emergency asks for it: the reason stands above both. Null when it opened, or is not complete. */
export interface EmergencyWay {
  readonly isBusy: boolean;
  /** Marks a missing reason and goes there: false where it is missing. */
  readonly onTry: () => boolean;
  readonly onOpen: (part: (reason: string) => EmergencyInput) => Promise<AppError | null>;
}

/** Why the records stayed closed. Nothing was to be saved here but the line in the trail, without which nobody opens. */
export const describeOpeningError = (t: Translate, failure: AppError): string =>
  failure.code === 'store.disk-full' ? t('emergency-opening.not-written') : describeKeyError(t, failure);
