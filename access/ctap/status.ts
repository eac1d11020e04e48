import type { CareFailure, CreateFailure, ReleaseFailure, Verification } from '../ports.ts';
import type { ChannelFault } from './hid-exchange.ts';

/** CTAP2 status codes that are told apart here (CTAP 2.1, 8.2). */
export const ctapStatus = {
  ok: 0x00,
  invalidCommand: 0x01,
  invalidParameter: 0x02,
  timeout: 0x05,
  channelBusy: 0x06,
  unexpectedType: 0x11,
  invalidCbor: 0x12,
  missingParameter: 0x14,
  fingerDatabaseFull: 0x17,
  credentialExcluded: 0x19,
  invalidCredential: 0x22,
  userActionPending: 0x23,
  operationPending: 0x24,
  unsupportedAlgorithm: 0x26,
  operationDenied: 0x27,
  unsupportedOption: 0x2b,
  invalidOption: 0x2c,
  keepAliveCancel: 0x2d,
  noCredentials: 0x2e,
  userActionTimeout: 0x2f,
  notAllowed: 0x30,
  pinInvalid: 0x31,
  pinBlocked: 0x32,
  pinAuthInvalid: 0x33,
  pinAuthBlocked: 0x34,
  pinNotSet: 0x35,
  verificationRequired: 0x36,
  pinPolicyViolation: 0x37,
  actionTimeout: 0x3a,
  verificationBlocked: 0x3c,
  invalidSubcommand: 0x3e,
  verificationInvalid: 0x3f,
  unauthorizedPermission: 0x40,
} as const;

/** What a conversation with a key may fail with: all that the port knows. */
export type CtapFailure = CareFailure | CreateFailure | ReleaseFailure;

/** A message that got no answer. */
export const channelFailure = (fault: ChannelFault): CtapFailure => ({ failure: fault });

/**
 * What the key's status means to its owner. `method`: how the owner proves presence in this conversation; some keys say
 * "denied" where they mean the finger. Counts of attempts left are asked for afterwards: null here.
 */
export function statusFailure(status: number, method: Verification['method'] | undefined): CtapFailure {
  switch (status) {
    case ctapStatus.keepAliveCancel:
      return { failure: 'cancelled' };
    case ctapStatus.timeout:
    case ctapStatus.userActionTimeout:
    case ctapStatus.actionTimeout:
      return { failure: 'timed-out' };
    case ctapStatus.channelBusy:
    case ctapStatus.userActionPending:
    case ctapStatus.operationPending:
      return { failure: 'busy' };
    case ctapStatus.noCredentials:
    case ctapStatus.invalidCredential:
      return { failure: 'no-credential' };
    case ctapStatus.credentialExcluded:
      return { failure: 'already-enrolled' };
    case ctapStatus.fingerDatabaseFull:
      return { failure: 'no-room' };
    default:
      return verificationFailure(status, method);
  }
}

function verificationFailure(status: number, method: Verification['method'] | undefined): CtapFailure {
  switch (status) {
    case ctapStatus.verificationInvalid:
      return { failure: 'finger-not-recognised', attemptsLeft: null };
    case ctapStatus.operationDenied:
      return method === 'finger'
        ? { failure: 'finger-not-recognised', attemptsLeft: null }
        : { failure: 'refused', status };
    case ctapStatus.verificationBlocked:
      return { failure: 'blocked', method: 'finger', until: 'pin' };
    case ctapStatus.pinInvalid:
      return { failure: 'pin-not-right', attemptsLeft: null };
    case ctapStatus.pinAuthBlocked:
      return { failure: 'blocked', method: 'pin', until: 'replugged' };
    case ctapStatus.pinBlocked:
      return { failure: 'blocked', method: 'pin', until: 'reset' };
    case ctapStatus.pinNotSet:
      return { failure: 'not-set-up', lacks: 'pin' };
    case ctapStatus.pinPolicyViolation:
      return { failure: 'pin-not-allowed', leastLength: 4 };
    default:
      return { failure: 'refused', status };
  }
}
