import { type AppError, appError } from '#contracts/errors.ts';
import type { DeviceFailure } from './ports.ts';

/** What the nurse is told when a key fails. `detail.failure` keeps the port's own word for the technician. */
export function deviceError(error: DeviceFailure): AppError {
  const detail = { failure: error.failure };
  switch (error.failure) {
    case 'removed':
    case 'garbled':
    case 'no-answer':
    case 'untrusted':
      return appError('access.device-removed', detail);
    case 'finger-not-recognised':
    case 'pin-not-right':
      return appError('access.finger-not-recognised', {
        ...detail,
        ...(error.attemptsLeft === null ? {} : { attemptsLeft: error.attemptsLeft }),
      });
    case 'cancelled':
    case 'timed-out':
    case 'busy':
    case 'blocked':
    case 'no-credential':
    case 'not-supported':
    case 'not-set-up':
    case 'refused':
    case 'pin-not-allowed':
    case 'no-room':
      return appError('access.finger-not-recognised', detail);
  }
}
