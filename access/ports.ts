import type { DeviceFact, DeviceRoad } from '#contracts/bridge/devices.ts';
import type { Result } from '#contracts/result.ts';
import type { CtapKey } from './ctap/ctap-key.ts';
import type { Secret } from './secret.ts';

/** What a key may say while it works; shown on screen. */
export type DeviceProgress = 'touch-now' | 'processing';

/**
 * How its owner proves presence to a key. Both give the same secret; the screen asks for a PIN only as a fallback. The PIN
 * is UTF-8 in NFC, 4 to 63 bytes; the caller wipes it.
 */
export type Verification = { readonly method: 'finger' } | { readonly method: 'pin'; readonly pin: Secret };

/** The device was unplugged in the middle. */
interface Removed {
  readonly failure: 'removed';
}
/** `signal` was aborted; the key was told (CTAPHID_CANCEL) and is free again. */
interface Cancelled {
  readonly failure: 'cancelled';
}
/** Nobody touched the key in the time the key allows. */
interface TimedOut {
  readonly failure: 'timed-out';
}
/** The key is plugged in and says nothing: pull it out and put it in again. */
interface NoAnswer {
  readonly failure: 'no-answer';
}
/** Another operation holds the key: one at a time. */
interface Busy {
  readonly failure: 'busy';
}
/** The key cannot do this at all: it will not do for Hamshira, or not for this. */
interface NotSupported {
  readonly failure: 'not-supported';
  readonly lacks: 'user-verification' | 'hmac-secret' | 'ctap2' | 'finger-enrolment' | 'pin';
}
/** The key could, but nothing is set up on it yet: no finger enrolled, no PIN set. */
interface NotSetUp {
  readonly failure: 'not-set-up';
  readonly lacks: Verification['method'];
}
/** Bytes that do not follow the protocol. */
interface Garbled {
  readonly failure: 'garbled';
}
/**
 * The answer follows the protocol and is not to be believed: wrong signature, unverified owner, another key's answer.
 * `rule` names the check (docs/specs/ctap.md); nothing of the answer was used.
 */
interface Untrusted {
  readonly failure: 'untrusted';
  readonly rule:
    | 'attestation'
    | 'credential'
    | 'extension'
    | 'key-agreement'
    | 'public-key'
    | 'relying-party'
    | 'secret'
    | 'signature'
    | 'verification';
}
/** The key refused for a reason of its own: the CTAP status code, or Windows' own code of 32 bits, for the technician. */
interface Refused {
  readonly failure: 'refused';
  readonly status: number;
}
/** The finger is not an enrolled one. At 0 left the key wants its PIN. */
interface FingerNotRecognised {
  readonly failure: 'finger-not-recognised';
  readonly attemptsLeft: number | null;
}
/** Eight wrong PINs force a reset, and a reset destroys the secret: the screen shows how many are left. */
interface PinNotRight {
  readonly failure: 'pin-not-right';
  readonly attemptsLeft: number | null;
}
/**
 * The key takes no finger or no PIN any more until the right `pin` is given (which frees the finger), it is `replugged`, or
 * it is `reset` (which destroys every credential on it).
 */
interface Blocked {
  readonly failure: 'blocked';
  readonly method: Verification['method'];
  readonly until: 'pin' | 'replugged' | 'reset';
}
/** The key does not hold this credential: another key, or it was reset. */
interface NoCredential {
  readonly failure: 'no-credential';
}

/** The key holds one of the credentials that it must not hold: it opens for somebody already. */
interface AlreadyEnrolled {
  readonly failure: 'already-enrolled';
}

/** The new PIN is shorter than the key wants (characters), or longer than 63 bytes, or not allowed by its own rules. */
interface PinNotAllowed {
  readonly failure: 'pin-not-allowed';
  readonly leastLength: number;
}
/** The key has no room for another finger. */
interface NoRoom {
  readonly failure: 'no-room';
}

type OperationFailure =
  | Removed
  | Cancelled
  | TimedOut
  | NoAnswer
  | Busy
  | NotSupported
  | NotSetUp
  | Garbled
  | Untrusted
  | Refused;
type VerificationFailure = FingerNotRecognised | PinNotRight | Blocked;
/** What {@link CredentialDevice.createCredential} may fail with. */
export type CreateFailure = OperationFailure | VerificationFailure | AlreadyEnrolled;
/** What {@link CredentialDevice.releaseSecret} may fail with. */
export type ReleaseFailure = OperationFailure | VerificationFailure | NoCredential;

/** What looking after a key (fingers, PIN) may fail with. */
export type CareFailure = OperationFailure | VerificationFailure | PinNotAllowed | NoRoom;

/** Every way a key may fail, for whoever turns it into a sentence. */
export type DeviceFailure = CreateFailure | ReleaseFailure | CareFailure;

/** One operation on a key: may be cancelled, tells how far it is. */
export interface DeviceOperation {
  readonly verification: Verification;
  readonly signal: AbortSignal;
  /** May be called many times (CTAPHID_KEEPALIVE comes every 100 ms); equal news are not repeated. */
  readonly onProgress: (progress: DeviceProgress) => void;
}

export interface CreateRequest extends DeviceOperation {
  /** Whom the credential is for: the person's id as 16 bytes. Never a name: keys show it to anybody. */
  readonly user: Uint8Array;
  /**
   * Credentials as {@link CredentialDevice.createCredential} gave them: a key that holds one of them makes no other. The most
   * important first: a key is told as many as it takes.
   */
  readonly known?: readonly Uint8Array[];
}

export interface ReleaseRequest extends DeviceOperation {
  /** As given by {@link CredentialDevice.createCredential}; not stored on the key. */
  readonly credential: Uint8Array;
  /**
   * 32 bytes, kept in the slot: the input of the WebAuthn PRF. A driver that speaks CTAP2 itself sends
   * SHA-256("WebAuthn PRF" || 0x00 || salt) as the hmac-secret salt, so that both roads give the same secret.
   */
  readonly salt: Uint8Array;
}

/** Credentials of one person on different keys: which of them is at hand is found out by asking. */
export interface ChoiceRequest extends DeviceOperation {
  /** At least one; as in {@link ReleaseRequest}. */
  readonly choices: readonly Pick<ReleaseRequest, 'credential' | 'salt'>[];
}

/**
 * A key that gives 32 secret bytes when its owner proves presence, and gives the same bytes every time for the same
 * credential and salt. User verification is always required: without it the bytes would differ and prove nothing.
 * A yes or no is not enough for this port: the data key is unwrapped by the bytes, not released by an `if`.
 *
 * Implementations: CTAP2 over HID, `webauthn.dll` (PRF), the simulated key. One key belongs to one person: the host cannot
 * tell which finger matched. The suite is testing/access/credential-device-suite.ts.
 */
export interface CredentialDevice {
  readonly kind: 'fido2' | 'simulated-key';
  /** Tells devices apart while they are plugged in; not stable over time. */
  readonly id: string;
  /** Makes a non-resident credential with hmac-secret and credProtect 3. At most 1,023 bytes. */
  createCredential(
    request: CreateRequest,
  ): Promise<Result<{ readonly credential: Uint8Array }, CreateFailure>>;
  /** 32 bytes. */
  releaseSecret(request: ReleaseRequest): Promise<Result<Secret, ReleaseFailure>>;
  /**
   * The secret of whichever choice the key holds, and its place among them. Only where asking for one after the other would open a
   * dialog of the system for each of them.
   */
  releaseOneOf?(
    request: ChoiceRequest,
  ): Promise<Result<{ readonly chosen: number; readonly secret: Secret }, ReleaseFailure>>;
  /** Told once, when it is unplugged; the workstation locks. Returns a function that ends it. */
  onRemoved(told: () => void): () => void;
}

/** What a card said of itself. */
export interface CardReading {
  readonly reader: 'magnetic' | 'proximity' | 'smart-card' | 'keyboard' | 'simulated-card';
  /** Number or UID as text of at most 128 characters. Can be copied: it proves nothing. */
  readonly number: string;
}

/**
 * Why a card that was held to a reader gave no number: `again`: swiped too fast, partly or taken away; `no-number`: it has none
 * this reader can read; `changing-number`: it answers another one each time, as passports and telephones do; `payment`: it is
 * a bank's card, whose number must not be kept.
 */
export type CardTrouble = 'again' | 'no-number' | 'changing-number' | 'payment';

/**
 * Reads cards. A card identifies, it never unlocks: the reading picks the person, who then proves presence. There is
 * deliberately nothing here that yields a secret.
 */
export interface CardReader {
  readonly id: string;
  /** Told at each card. Returns a function that ends it. */
  onCard(told: (reading: CardReading) => void): () => void;
  /** Told when the card that was told last is taken away; a swipe reader never tells it. Returns a function that ends it. */
  onCardTaken(told: () => void): () => void;
  /** Told when a card was held to it in vain. Returns a function that ends it. */
  onTrouble(told: (trouble: CardTrouble) => void): () => void;
  onRemoved(told: () => void): () => void;
}

/** What a scanner read from a printed code. */
export interface CodeReading {
  /**
   * AIM symbology identifier, `]d2` for a GS1 DataMatrix, or null when the scanner does not say. It never is part of
   * `text`.
   */
  readonly symbology: string | null;
  /** At most 2,048 characters, each one byte of the code (ISO 8859-1). */
  readonly text: string;
}

/** Reads printed codes. They identify, like cards, and can be copied as easily. */
export interface CodeScanner {
  readonly id: string;
  /** Told at each code. Returns a function that ends it. */
  onCode(told: (reading: CodeReading) => void): () => void;
  onRemoved(told: () => void): () => void;
}

/** The devices that are plugged in now. */
export interface DeviceShelf {
  credentialDevices(): readonly CredentialDevice[];
  /** Those of them whose fingers and PIN are looked after from here; elsewhere the system does that itself. */
  fingerprintKeys(): readonly CtapKey[];
  cardReaders(): readonly CardReader[];
  codeScanners(): readonly CodeScanner[];
  /** Every device that was recognised, also those that cannot be used, with the reason. */
  devices(): readonly DeviceFact[];
  /** The ways to devices that this build has. */
  roads(): readonly DeviceRoad[];
  /** Told after a device came or went or stands differently, and after a road changed. Returns a function that ends it. */
  onChange(told: () => void): () => void;
}

/** The shelf of a build without drivers. */
export const emptyShelf: DeviceShelf = {
  credentialDevices: () => [],
  fingerprintKeys: () => [],
  cardReaders: () => [],
  codeScanners: () => [],
  devices: () => [],
  roads: () => [],
  onChange: () => () => undefined,
};
