import { sqlStateOf } from './postgres/database.ts';

const shownFrames = 6;

/**
 * What may be logged of something that was thrown: its kind, its SQLSTATE, and where. Never its message, which may quote
 * what was being written.
 */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return 'something that is no error';
  const frames = (error.stack ?? '').split('\n').filter((line) => /^ +at /.test(line));
  const where = frames.slice(0, shownFrames).map((line) => line.trim());
  return [error.name, sqlStateOf(error) ?? '', ...where].filter((part) => part !== '').join(' ');
}
