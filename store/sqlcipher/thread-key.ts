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
