import { type AppError, appError, type ErrorCode, type ErrorDetail } from '#contracts/errors.ts';
import type { DeviceFailure } from './ports.ts';

/** What the nurse is told when a key fails. `detail.failure` keeps the port's own word for the technician. */
export function deviceError(error: DeviceFailure): AppError {
  return appError(codeOf(error), { failure: error.failure, ...detailOf(error) });
}

function codeOf(error: DeviceFailure): ErrorCode {
  switch (error.failure) {
    // All three are mended by pulling the key out and putting it in again.
    case 'removed':
    case 'no-answer':
    case 'garbled':
      return 'access.device-removed';
    case 'cancelled':
    case 'timed-out':
    case 'busy':
      return 'access.cancelled';
    case 'finger-not-recognised':
      return error.attemptsLeft === 0 ? 'access.pin-needed' : 'access.finger-not-recognised';
    case 'pin-not-right':
      return 'access.pin-not-right';
    case 'blocked':
      return error.until === 'pin' ? 'access.pin-needed' : 'access.key-blocked';
    case 'not-set-up':
      return error.lacks === 'finger' ? 'access.pin-needed' : 'access.key-unsuitable';
    case 'already-enrolled':
      return 'access.key-enrolled';
    case 'no-credential':
      return 'access.key-unknown';
    case 'pin-not-allowed':
      return 'access.weak-pin';
    case 'not-supported':
    case 'no-room':
    case 'untrusted':
    case 'refused':
      return 'access.key-unsuitable';
  }
}

/** Numbers and words for screen and technician: attempts left, what is lacking, which check failed. */
function detailOf(error: DeviceFailure): ErrorDetail {
  switch (error.failure) {
    case 'finger-not-recognised':
    case 'pin-not-right':
      return error.attemptsLeft === null ? {} : { attemptsLeft: error.attemptsLeft };
    case 'blocked':
      return { method: error.method, until: error.until };
    case 'not-supported':
    case 'not-set-up':
      return { lacks: error.lacks };
    case 'untrusted':
      return { rule: error.rule };
    case 'refused':
      return { status: error.status };
    case 'pin-not-allowed':
      return { leastLength: error.leastLength };
    default:
      return {};
  }
}
