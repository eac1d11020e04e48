import { expect, test } from 'vitest';
import { deviceError } from './device-error.ts';

test('a failing key is told in the words of what helps', () => {
  expect(deviceError({ failure: 'finger-not-recognised', attemptsLeft: 2 })).toEqual({
    code: 'access.finger-not-recognised',
    detail: { failure: 'finger-not-recognised', attemptsLeft: 2 },
  });
  expect(deviceError({ failure: 'finger-not-recognised', attemptsLeft: 0 }).code).toBe('access.pin-needed');
  expect(deviceError({ failure: 'finger-not-recognised', attemptsLeft: null }).detail).toEqual({
    failure: 'finger-not-recognised',
  });
  expect(deviceError({ failure: 'pin-not-right', attemptsLeft: 7 }).code).toBe('access.pin-not-right');
  expect(deviceError({ failure: 'blocked', method: 'finger', until: 'pin' }).code).toBe('access.pin-needed');
  expect(deviceError({ failure: 'blocked', method: 'pin', until: 'reset' })).toEqual({
    code: 'access.key-blocked',
    detail: { failure: 'blocked', method: 'pin', until: 'reset' },
  });
  expect(deviceError({ failure: 'no-credential' }).code).toBe('access.key-unknown');
  expect(deviceError({ failure: 'already-enrolled' }).code).toBe('access.key-enrolled');
  expect(deviceError({ failure: 'untrusted', rule: 'signature' })).toEqual({
    code: 'access.key-unsuitable',
    detail: { failure: 'untrusted', rule: 'signature' },
  });
  expect(deviceError({ failure: 'pin-not-allowed', leastLength: 6 }).detail).toMatchObject({
    leastLength: 6,
  });
  expect(deviceError({ failure: 'removed' }).code).toBe('access.device-removed');
  expect(deviceError({ failure: 'cancelled' }).code).toBe('access.cancelled');
});
