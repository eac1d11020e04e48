// RxDB's published test utilities import two packages that RxDB does not depend on. These are their used parts.

/** Resolves after `waitMs`. */
export const wait = (waitMs = 0): Promise<void> => new Promise((resolve) => setTimeout(resolve, waitMs));

/** A random text of `length` letters and digits. */
export function randomString(length = 5, charset = 'abcdefghijklmnopqrstuvwxyz0123456789'): string {
  return Array.from({ length }, () => charset[Math.floor(Math.random() * charset.length)]).join('');
}
