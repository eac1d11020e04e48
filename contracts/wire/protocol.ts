/** Version of the messages in this folder. Raised with every change of their shape (docs/specs/sync.md VER-1). */
export const protocolVersion = 1;

/** Oldest version a center still serves. */
export const oldestProtocolVersion = 1;

/** Longest message either side takes, in bytes of UTF-8. A longer one ends the connection. */
export const maxMessageBytes = 4 * 1024 * 1024;

/** Most rows in one push and documents in one frame. */
export const maxRowsPerPush = 500;
export const maxDocumentsPerFrame = 500;

/** What a device signs to prove itself: this text, LF, nonce, LF, device id, LF, center id, LF, ticket. */
export const proofPreamble = 'hamshira device proof v1';
