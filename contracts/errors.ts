import * as v from 'valibot';

/** What one error code means to the two people who meet it. The nurse's words live in the language catalogues. */
interface ErrorMeaning {
  /** What the nurse sees, in short; the sentence itself is `error.<code>` in every catalogue. */
  readonly nurse: string;
  /** What the technician does about it. */
  readonly technician: string;
}

/** Every expected failure that crosses a wall. Adding a code obliges every catalogue to have `error.<code>`. */
export const errorMeanings = {
  // Access
  'access.wrong-passphrase': {
    nurse: 'The passphrase is not right; nothing was changed.',
    technician: 'After repeated failures each attempt waits longer. Another enrolled person can unlock.',
  },
  'access.weak-passphrase': {
    nurse: 'The passphrase is too easy to guess.',
    technician: 'At least 12 characters and not a well known one. See access/passphrase.ts.',
  },
  'access.unknown-person': {
    nurse: 'This person is not enrolled on this workstation.',
    technician: 'Enrol the person while unlocked as technician or head.',
  },
  'access.locked': {
    nurse: 'The workstation is locked; unlock to go on. What was typed is kept.',
    technician: 'Nothing to do.',
  },
  'access.forbidden': {
    nurse: 'Your role may not do this.',
    technician: 'The request contract lists the roles allowed.',
  },
  'access.too-many-attempts': {
    nurse: 'Too many wrong attempts; wait the shown number of seconds.',
    technician: 'The wait doubles with each failure and is capped at five minutes.',
  },
  'access.device-removed': { nurse: 'The key was removed.', technician: 'Insert the key again.' },
  'access.finger-not-recognised': {
    nurse: 'The finger was not recognised.',
    technician: 'Try again or use the passphrase.',
  },
  'access.pin-not-right': {
    nurse: 'The PIN of the key is not right. The screen shows how many attempts are left.',
    technician:
      'Eight wrong PINs in all block the key for good: only a reset helps, and that destroys its secret.',
  },
  'access.pin-needed': {
    nurse: 'The key wants its PIN: too many fingers were not recognised, or it knows no finger.',
    technician: 'A right PIN lets fingers count again.',
  },
  'access.key-blocked': {
    nurse: 'The key takes no more attempts. Pull it out, insert it again, or use another way in.',
    technician:
      'Three wrong PINs in a row need the key to be plugged in again; eight in all need a reset and a new enrolment.',
  },
  'access.key-unknown': {
    nurse: 'This is another key, or it was reset: it does not open this workstation for this person.',
    technician: 'Enrol the key again under people and keys; remove the old entry.',
  },
  'access.key-unsuitable': {
    nurse: 'This key cannot be used: it has no fingerprint sensor and no PIN, or lacks what is needed.',
    technician:
      'The key needs CTAP 2 with hmac-secret and user verification. Set a PIN or enrol a finger first.',
  },
  'access.browser-refused': {
    nurse: 'The browser ended the question: cancelled, no key, or not recognised.',
    technician: 'Browsers do not tell which, on purpose. A key under the system (USB) tells more.',
  },
  'access.cancelled': { nurse: 'Cancelled.', technician: 'Nothing to do.' },
  'access.weak-pin': {
    nurse: 'The key does not accept this PIN: too short, or too simple.',
    technician: 'At least 4 characters; a key may ask for more. getInfo tells its minimum.',
  },
  'access.second-way-needed': {
    nurse:
      'Losing one thing would shut somebody out. First make the paper key, or name two people who open together.',
    technician:
      'People and keys, Recovery. A second key of that person helps as well. See docs/specs/access.md, ACC-52.',
  },
  'access.key-enrolled': {
    nurse: 'This key opens this workstation already. Each key belongs to one person, once: take another one.',
    technician:
      'The key holds a credential that is listed. To give it to another person remove the old entry first.',
  },
  'access.paper-key-wrong': {
    nurse: 'The paper key is not right. The groups with a typing error are marked.',
    technician: 'Each group has a check character. A paper key opens until the next one is made.',
  },
  // Enrolment of the workstation
  'enrolment.already-enrolled': {
    nurse: 'This workstation is enrolled already.',
    technician: 'Use a new data folder to enrol again.',
  },
  'enrolment.code-unknown': {
    nurse: 'The enrolment code is not known to the center.',
    technician: 'Check for typing errors; make a new code on the center page.',
  },
  'enrolment.code-stale': {
    nurse: 'The enrolment code has expired or was used.',
    technician: 'Make a new code on the center page.',
  },
  'enrolment.center-unreachable': {
    nurse: 'The center cannot be reached; enrolment needs it once.',
    technician: 'Check the address and the link.',
  },
  // Store
  'store.damaged': {
    nurse: 'The records file of this workstation is damaged. It was kept untouched.',
    technician: 'Copy the data folder away, then follow docs/runbooks/damaged-database.md.',
  },
  'store.disk-full': {
    nurse: 'The disk is full: this was NOT saved. Free space, then save again.',
    technician: 'Free space on the disk that holds the data folder. Writes resume by themselves.',
  },
  'store.in-use': {
    nurse: 'Another program has the records open.',
    technician: 'Stop the other workstation process that uses this data folder.',
  },
  'store.newer': {
    nurse: 'The records were written by a newer version of Hamshira.',
    technician: 'Install the newer version; never downgrade.',
  },
  'store.wrong-key': {
    nurse: 'The records cannot be opened with this key.',
    technician: 'The slot file does not belong to this database; restore both from the same copy.',
  },
  // Records
  'record.invalid': {
    nurse: 'Some fields are not right; they are marked.',
    technician: 'The detail names the field paths.',
  },
  'record.not-found': {
    nurse: 'The record is not on this workstation.',
    technician: 'It may lie outside the scope.',
  },
  'record.changed-meanwhile': {
    nurse: 'Someone changed this record meanwhile; look again before saving.',
    technician: 'Nothing to do: the screen shows both versions.',
  },
  'visit.wrong-state': {
    nurse: 'The visit is not in a state that allows this.',
    technician: 'Nothing to do.',
  },
  'request.wrong-state': {
    nurse:
      'This request does not allow that: it is closed, was not sent to this facility, or names this facility itself.',
    technician: 'Nothing to do: the screen shows how the request stands.',
  },
  // Bridge
  'bridge.unknown-message': {
    nurse: 'The screen and the workstation do not fit together. Reload the page.',
    technician: 'Renderer and workstation come from different builds.',
  },
  'bridge.invalid-input': {
    nurse: 'The request was not understood.',
    technician: 'The detail names the field paths.',
  },
  'bridge.token-invalid': {
    nurse: 'This page has no valid access. Open the address the workstation printed.',
    technician: 'The one-time token was used or is wrong; print a new address.',
  },
  'bridge.link-lost': {
    nurse: 'The workstation process stopped answering. What was typed is kept.',
    technician: 'It restarts by itself; if not, start it again.',
  },
  'bridge.busy': { nurse: 'The workstation is busy; try again.', technician: 'Too many requests at once.' },
  // Sync
  'sync.protocol-mismatch': {
    nurse: 'This workstation and the center speak different versions. Work goes on; records are kept here.',
    technician: 'Update the older side. The detail gives both versions.',
  },
  'sync.device-cloned': {
    nurse: 'The data of this workstation was copied to another machine. Records are kept here, not sent.',
    technician:
      'Find out which machine is right, then enrol it again; see docs/runbooks/cloned-workstation.md.',
  },
  'sync.device-revoked': {
    nurse: 'The center has revoked this workstation. Records are kept here, not sent.',
    technician: 'Ask the center.',
  },
  'sync.device-wiped': {
    nurse: 'The center had the records on this workstation erased. Enrol it again to go on.',
    technician: 'Ask the center why. See docs/runbooks/wiped-workstation.md.',
  },
  'sync.offline-too-long': {
    nurse: 'This workstation has not met the center for too long. Connect it to see records again.',
    technician: 'Bring the network or a modem to it; see docs/runbooks/offline-too-long.md.',
  },
  'sync.device-unknown': {
    nurse: 'The center does not know this workstation. Records are kept here, not sent.',
    technician: 'The center may have been restored; enrol again. See docs/runbooks/center-restore.md.',
  },
  'sync.proof-refused': {
    nurse: 'The center did not accept the identity of this workstation. Records are kept here.',
    technician: 'The device key differs from the enrolled one.',
  },
  'sync.unknown-message': {
    nurse: 'The center and this workstation misunderstood each other. Records are kept here.',
    technician: 'A message did not fit the protocol; see the log on both sides.',
  },
  'sync.record-refused': {
    nurse: 'The center could not accept a record. It is kept at both ends for a technician.',
    technician: 'The row is in quarantine; the detail names the field paths.',
  },
  'sync.overloaded': { nurse: 'The center is busy; sending goes on later.', technician: 'Nothing to do.' },
  // Everything else
  'internal.failure': {
    nurse: 'Something went wrong inside. What was saved stays saved.',
    technician: 'A defect: see the log for the incident number.',
  },
} as const satisfies Record<string, ErrorMeaning>;

export type ErrorCode = keyof typeof errorMeanings;

export const errorCodes = Object.keys(errorMeanings) as readonly ErrorCode[];

export const ErrorCodeSchema = v.picklist(errorCodes);

/**
 * An expected failure. `detail` may hold numbers, versions, field paths and incident numbers; never patient data.
 */
export const AppErrorSchema = v.object({
  code: ErrorCodeSchema,
  detail: v.optional(
    v.record(
      v.pipe(v.string(), v.maxLength(64)),
      v.union([
        v.number(),
        v.boolean(),
        v.pipe(v.string(), v.maxLength(500)),
        v.pipe(v.array(v.pipe(v.string(), v.maxLength(200))), v.maxLength(100), v.readonly()),
      ]),
    ),
  ),
});

export type ErrorDetail = Readonly<Record<string, number | boolean | string | readonly string[]>>;

export interface AppError {
  readonly code: ErrorCode;
  readonly detail?: ErrorDetail | undefined;
}

/** Builds an {@link AppError}. */
export function appError(code: ErrorCode, detail?: ErrorDetail): AppError {
  return detail === undefined ? { code } : { code, detail };
}
