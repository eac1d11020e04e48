import type { SettingsReader, SettingsWriter } from '#clinic/ports/replica.ts';
import type { Instant } from '#contracts/ids.ts';

const keys = {
  latestClock: 'sync.latest-clock',
  lastWelcome: 'sync.last-welcome',
  limit: 'sync.offline-limit-ms',
} as const;

/** Until a center says otherwise. */
export const usualOfflineLimitMs = 90 * 24 * 60 * 60_000;

/** A clock that moved less is not written again. */
const writeEveryMs = 60_000;

/** How long this workstation has been without its center. */
export interface OfflineState {
  /** By the clock as it was then; null before the first welcome. */
  readonly lastWelcomeAt: Instant | null;
  /** Since then, by the latest clock value ever seen. */
  readonly offlineMs: number;
  readonly limitMs: number;
  /** The workstation may show no record until it was welcomed again (WIP-2). */
  readonly isBeyondLimit: boolean;
}

/** Says whether the limit has passed. Pure: `now` is the workstation's clock, in milliseconds since 1970. */
export function offlineState(settings: SettingsReader, now: Instant): OfflineState {
  const lastWelcomeAt = readNumber(settings, keys.lastWelcome) ?? null;
  const limitMs = readNumber(settings, keys.limit) ?? usualOfflineLimitMs;
  const latest = Math.max(now, readNumber(settings, keys.latestClock) ?? 0);
  const offlineMs = lastWelcomeAt === null ? 0 : Math.max(0, latest - lastWelcomeAt);
  return { lastWelcomeAt, offlineMs, limitMs, isBeyondLimit: offlineMs > limitMs };
}

/** Keeps the latest clock value, so that setting the clock back gains nothing. Returns whether there was something to keep. */
export function noteClock(settings: SettingsWriter, now: Instant): boolean {
  if (!isClockNews(settings, now)) return false;
  settings.set(keys.latestClock, String(now));
  return true;
}

/** Whether {@link noteClock} would write. */
export const isClockNews = (settings: SettingsReader, now: Instant): boolean =>
  now >= (readNumber(settings, keys.latestClock) ?? 0) + writeEveryMs;

/**
 * The center welcomed this workstation. The count begins again at the present clock, also when that once ran years ahead:
 * only the center can set this right.
 */
export function noteWelcome(settings: SettingsWriter, now: Instant, limitMs: number | undefined): void {
  settings.set(keys.lastWelcome, String(now));
  settings.set(keys.latestClock, String(now));
  if (limitMs !== undefined) settings.set(keys.limit, String(limitMs));
}

function readNumber(settings: SettingsReader, key: string): number | undefined {
  const value = Number(settings.get(key) ?? Number.NaN);
  return Number.isSafeInteger(value) ? value : undefined;
}
