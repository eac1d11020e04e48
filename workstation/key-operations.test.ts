import { describe, expect, it } from 'vitest';
import type { Timers } from '#clinic/ports/clock.ts';
import { ok } from '#contracts/result.ts';
import { createKeyOperations, type RunningOperation } from './key-operations.ts';

/** Timers that run when told. */
function handTimers(): Timers & { fire(): void } {
  const waiting = new Set<() => void>();
  return {
    after: (_waitMs, run) => {
      waiting.add(run);
      return () => waiting.delete(run);
    },
    fire: () => {
      for (const run of [...waiting]) run();
    },
  };
}

/** Work that ends when it is cancelled. */
const untilCancelled = ({ signal }: RunningOperation) =>
  new Promise<ReturnType<typeof ok<string>>>((resolve) => {
    const end = () => resolve(ok('cancelled'));
    if (signal.aborted) end();
    else signal.addEventListener('abort', end);
  });

describe('uses of a key', () => {
  it('show how far they are, and nothing when there is none', async () => {
    const shown: unknown[] = [];
    const operations = createKeyOperations(handTimers(), () => shown.push(operations.current()));
    await operations.run({ kind: 'unlock' }, async ({ onProgress }) => {
      onProgress('touch-now');
      return ok(true);
    });
    const none = { good: 0, needed: 0, hint: null };
    expect(shown).toEqual([
      { kind: 'unlock', step: 'processing', ...none },
      { kind: 'unlock', step: 'touch-now', ...none },
      null,
    ]);
    expect(operations.touchesAsked()).toBe(1);
  });

  it('count the touches of a new finger, and wait anew after each', async () => {
    const timers = handTimers();
    const operations = createKeyOperations(timers, () => undefined);
    const steps: unknown[] = [];
    const outcome = await operations.run({ kind: 'enrol-finger', pin: '2468' }, async (operation) => {
      operation.onTouches({ good: 3, needed: 5, hint: 'too-fast' });
      operation.onProgress('touch-now');
      steps.push(operations.current());
      return ok(operation.verification.method);
    });
    expect(outcome).toEqual(ok('pin'));
    expect(steps).toMatchObject([{ step: 'touch-again', good: 3, needed: 5, hint: 'too-fast' }]);
    expect(operations.touchesAsked()).toBe(0);
  });

  it('give up when nobody touches the key', async () => {
    const timers = handTimers();
    const operations = createKeyOperations(timers, () => undefined);
    const outcome = operations.run({ kind: 'unlock' }, untilCancelled);
    await Promise.resolve();
    timers.fire();
    expect(await outcome).toEqual(ok('cancelled'));
    expect(operations.current()).toBeNull();
  });

  it('go one at a time: the newest ends the one before', async () => {
    const operations = createKeyOperations(handTimers(), () => undefined);
    const first = operations.run({ kind: 'unlock' }, untilCancelled);
    const second = operations.run({ kind: 'unlock' }, untilCancelled);
    const third = operations.run({ kind: 'enrol-key' }, async () => ok('touched'));
    expect(await first).toEqual({ ok: false, error: { code: 'access.cancelled' } });
    expect(await second).toEqual({ ok: false, error: { code: 'access.cancelled' } });
    expect(await third).toEqual(ok('touched'));
  });

  it('forget the PIN when they end', async () => {
    const operations = createKeyOperations(handTimers(), () => undefined);
    let verification: RunningOperation['verification'] | undefined;
    await operations.run({ kind: 'unlock', pin: '2468' }, async (operation) => {
      verification = operation.verification;
      return ok(true);
    });
    expect(verification?.method === 'pin' && verification.pin.isWiped).toBe(true);
  });
});
