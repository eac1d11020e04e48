/** Version of the messages in this folder. Raised with every change of their shape (docs/specs/sync.md VER-1, VER-3). */
export const protocolVersion = 3;

/** Oldest version a center still serves: two back, as far as there were any. */
export const oldestProtocolVersion = 1;

/** Longest message either side takes, in bytes of UTF-8 after unpacking. A longer one ends the connection. */
export const maxMessageBytes = 4 * 1024 * 1024;

/** Most rows in one push or offer, and documents in one frame or portion. */
export const maxRowsPerPush = 500;
export const maxDocumentsPerFrame = 500;

/** Most portions a workstation may ask for ahead. */
export const maxCredit = 64;

/** Most signing keys told in one `status`. */
export const maxKeysPerStatus = 20;

/** Most records in one `fetch`. */
export const maxRecordsPerFetch = 200;

/** In how many parts a scope is compared when its digest differs (docs/specs/sync.md DIG-2). */
export const digestBuckets = 64;

/** What a device signs to prove itself: this text, LF, nonce, LF, device id, LF, center id, LF, ticket. */
export const proofPreamble = 'hamshira device proof v1';

/** What the center signs to have a workstation erase its records: this text, LF, device id, LF, nonce of the connection. */
export const wipePreamble = 'hamshira wipe order v1';
