import { type AppError, appError } from '#contracts/errors.ts';

/** The expected failure behind an error of the file system, or undefined when it is something else: a defect. */
export function diskFailure(error: unknown): AppError | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') return appError('store.disk-full');
  if (code === 'EIO' || code === 'EROFS' || code === 'EACCES' || code === 'EPERM') {
    return appError('store.damaged', { system: code });
  }
  return undefined;
}
