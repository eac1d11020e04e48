import type { CreateFailure, ReleaseFailure } from '../ports.ts';
import type { HResult } from './webauthn-library.ts';

/** Codes that `webauthn.h` names at WebAuthNGetErrorName; values of `winerror.h`. */
export const hresult = {
  alreadyThere: 0x8009_000f, // NTE_EXISTS
  noCredential: 0x8009_0011, // NTE_NOT_FOUND
  storageFull: 0x8009_0023, // NTE_TOKEN_KEYSET_STORAGE_FULL
  invalidParameter: 0x8009_0027, // NTE_INVALID_PARAMETER
  notSupported: 0x8009_0029, // NTE_NOT_SUPPORTED
  noDevice: 0x8009_0035, // NTE_DEVICE_NOT_FOUND
  userCancelled: 0x8009_0036, // NTE_USER_CANCELLED
  win32NotSupported: 0x8007_0032, // ERROR_NOT_SUPPORTED
  win32Cancelled: 0x8007_04c7, // ERROR_CANCELLED
  win32Timeout: 0x8007_05b4, // ERROR_TIMEOUT
} as const;

/** What the library may fail with here: windows' dialog keeps wrong fingers and PINs to itself. */
type LibraryFailure = Extract<CreateFailure, ReleaseFailure>;

/**
 * What a code means to the owner of the key. Wrong fingers, PINs and how many are left never come here: the system's dialog
 * shows them and asks again (docs/specs/access.md ACC-44).
 */
export function createFailureOf(code: HResult): CreateFailure {
  // The WebAuthn error for it is InvalidStateError: the key holds an excluded credential.
  return code === hresult.alreadyThere ? { failure: 'already-enrolled' } : commonFailureOf(code);
}

/** As {@link createFailureOf}; a key that does not hold the credential says so. */
export function releaseFailureOf(code: HResult): ReleaseFailure {
  return code === hresult.noCredential ? { failure: 'no-credential' } : commonFailureOf(code);
}

const commonFailureOf = (code: HResult): LibraryFailure =>
  failureOf(code) ?? { failure: 'refused', status: code };

function failureOf(code: HResult): LibraryFailure | undefined {
  switch (code) {
    case hresult.userCancelled:
    case hresult.win32Cancelled:
      return { failure: 'cancelled' };
    case hresult.win32Timeout:
      return { failure: 'timed-out' };
    case hresult.noDevice:
      return { failure: 'removed' };
    // The WebAuthn error for these is ConstraintError, and verification is the only constraint we set.
    case hresult.notSupported:
    case hresult.win32NotSupported:
      return { failure: 'not-supported', lacks: 'user-verification' };
    default:
      return undefined;
  }
}
