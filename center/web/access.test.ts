import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createPageAccess } from './access.ts';

const random = { bytes: (length: number) => randomBytes(length) };

describe('PAGE-1: access to the page', () => {
  it('gives sessions for the token alone', () => {
    const access = createPageAccess(random);
    const session = access.exchange(`Bearer ${access.token}`) ?? '';
    expect(access.isSession(`Bearer ${session}`)).toBe(true);
    expect(access.isSession(`Bearer ${access.token}`)).toBe(false);
    expect(access.exchange(`Bearer ${session}`)).toBeUndefined();
    for (const wrong of [undefined, '', 'Bearer ', access.token, session]) {
      expect(access.exchange(wrong)).toBeUndefined();
      expect(access.isSession(wrong)).toBe(false);
    }
  });

  it('keeps fifty sessions', () => {
    const access = createPageAccess(random);
    const sessions = Array.from({ length: 51 }, () => access.exchange(`Bearer ${access.token}`) ?? '');
    expect(sessions.map((session) => access.isSession(`Bearer ${session}`))).toEqual([
      false,
      ...Array(50).fill(true),
    ]);
  });
});
