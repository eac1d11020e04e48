/** A key that every thread of this process reads in the same place. */
export type ThreadKey = Uint8Array<SharedArrayBuffer>;

/**
 * A copy that no thread copies again when it is handed over, and that nobody moves (ACC-56): overwriting it overwrites the only
 * one there is. Whoever made it does that.
 */
export function threadKey(key: Uint8Array): ThreadKey {
  const shared = new Uint8Array(new SharedArrayBuffer(key.length));
  shared.set(key);
  return shared;
}

/** A key as a PRAGMA wants it. From a view of the same memory: `Buffer.from(key)` would leave a copy in a pool that is never overwritten. */
export const hexOfKey = (key: Uint8Array): string =>
  Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('hex');
