import type { KeyOperation } from '#contracts/bridge/access.ts';
import { type AppError, appError } from '#contracts/errors.ts';
import { fail, ok, type Result } from '#contracts/result.ts';

/** A key whose owner a test plays: it asks for touches, one operation at a time. */
export interface ScriptedKey {
  operation(): KeyOperation | null;
  /** How often it has waited for a touch. */
  touchesAsked(): number;
  /** Waits for the owner; `touches` good ones are needed. */
  use(kind: KeyOperation['kind'], touches?: number): Promise<Result<true>>;
  cancel(): void;
  plugIn(): void;
  pullOut(): void;
  isPluggedIn(): boolean;
  /** The owner touches it: well, with a hint about a bad touch of an enrolment, or with a failure that ends the operation. */
  touch(how?: 'good' | NonNullable<KeyOperation['hint']> | AppError): void;
}

interface Running {
  operation: KeyOperation;
  readonly touches: number;
  good: number;
  end(result: Result<true>): void;
}

/** `told` is called after each step. */
export function openScriptedKey(told: () => void): ScriptedKey {
  let running: Running | null = null;
  let isPluggedIn = true;
  let touchesAsked = 0;

  const show = (change: Partial<KeyOperation>) => {
    if (running === null) return;
    running.operation = { ...running.operation, ...change };
    told();
  };
  const end = (result: Result<true>) => {
    const ended = running;
    running = null;
    ended?.end(result);
    told();
  };

  return {
    operation: () => running?.operation ?? null,
    touchesAsked: () => touchesAsked,
    use(kind, touches = 1) {
      end(fail(appError('access.cancelled')));
      const { promise, resolve } = Promise.withResolvers<Result<true>>();
      running = {
        operation: {
          kind,
          step: isPluggedIn ? 'touch-now' : 'insert-key',
          good: 0,
          needed: 0,
          hint: null,
        },
        touches,
        good: 0,
        end: resolve,
      };
      if (isPluggedIn) touchesAsked += 1;
      told();
      return promise;
    },
    cancel: () => end(fail(appError('access.cancelled'))),
    plugIn() {
      isPluggedIn = true;
      if (running !== null) touchesAsked += 1;
      told();
      show({ step: 'touch-now' });
    },
    pullOut() {
      isPluggedIn = false;
      end(fail(appError('access.device-removed')));
    },
    isPluggedIn: () => isPluggedIn,
    touch(how = 'good') {
      if (running === null) throw new Error('the key asks for no touch');
      if (typeof how === 'object') return end(fail(how));
      if (how === 'good') running.good += 1;
      if (running.good >= running.touches) return end(ok(true));
      touchesAsked += 1;
      const isFinger = running.operation.kind === 'enrol-finger';
      show({
        step: 'touch-again',
        ...(isFinger
          ? { good: running.good, needed: running.touches, hint: how === 'good' ? null : how }
          : {}),
      });
    },
  };
}
