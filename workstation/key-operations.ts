import type { DeviceOperation, DeviceProgress, Verification } from '#access/ports.ts';
import { Secret } from '#access/secret.ts';
import type { Timers } from '#clinic/ports/clock.ts';
import type { KeyOperation } from '#contracts/bridge/access.ts';
import { appError } from '#contracts/errors.ts';
import { fail, type Result } from '#contracts/result.ts';

/** How long a key waits for its owner before the attempt is given up. */
const longestTouchMs = 30_000;

/** Why the signal of an operation was aborted when nobody touched or brought a key in time. */
export const nobodyCame = 'nobody came';

/** What one use of a key is given: the port's operation, and how to tell of a finger that is being enrolled. */
export interface RunningOperation extends DeviceOperation {
  readonly onTouches: (touches: Pick<KeyOperation, 'good' | 'needed' | 'hint'>) => void;
  /** No key is plugged in yet. */
  readonly onMissingKey: () => void;
}

/** What a key is used for. */
export interface KeyUse {
  readonly kind: KeyOperation['kind'];
  /** Proves presence by the key's PIN; without it by finger. */
  readonly pin?: string | undefined;
  /** Which of two who open together is asked. */
  readonly holder?: KeyOperation['holder'] | undefined;
}

/**
 * The uses of keys on this computer, one at a time, so that a touch is never taken for another question than the one on the
 * screen. How far the present one is, is shown to everybody: nothing of it tells whose key it is.
 */
export interface KeyOperations {
  current(): KeyOperation | null;
  /** How often a key began to wait for a touch. Not for the touches that teach a finger, which `good` and `needed` count. */
  touchesAsked(): number;
  /**
   * Runs `work`; cancelled by {@link cancel}, and when a touch is waited for longer than half a minute. The one before is cancelled
   * first: whoever asks last is at the screen.
   */
  run<Value>(
    use: KeyUse,
    work: (operation: RunningOperation) => Promise<Result<Value>>,
  ): Promise<Result<Value>>;
  cancel(): void;
  /** Returns whether {@link cancel} was called since: what waits for its turn to use a key was given up. */
  mark(): () => boolean;
}

/** Makes them; `told` is called after each step. */
export function createKeyOperations(timers: Timers, told: () => void): KeyOperations {
  let current: KeyOperation | null = null;
  let abort: AbortController | null = null;
  let turn: Promise<unknown> = Promise.resolve();
  let cancels = 0;
  let touchesAsked = 0;

  const show = (change: Partial<KeyOperation>): void => {
    if (current === null) return;
    const waited = waitsForTouch(current);
    current = { ...current, ...change };
    if (current.kind !== 'enrol-finger' && !waited && waitsForTouch(current)) touchesAsked += 1;
    told();
  };

  async function runNow<Value>(
    own: AbortController,
    { kind, pin, holder }: KeyUse,
    work: (operation: RunningOperation) => Promise<Result<Value>>,
  ): Promise<Result<Value>> {
    if (own.signal.aborted) return fail(appError('access.cancelled'));
    using secret = pin === undefined ? null : new Secret(new TextEncoder().encode(pin.normalize('NFC')));
    const verification: Verification =
      secret === null ? { method: 'finger' } : { method: 'pin', pin: secret };
    current = { kind, step: 'processing', good: 0, needed: 0, hint: null };
    if (holder !== undefined) current = { ...current, holder };
    const giveUp = () => own.abort(nobodyCame);
    let stopWaiting = timers.after(longestTouchMs, giveUp);
    const waitAnew = () => {
      stopWaiting();
      stopWaiting = timers.after(longestTouchMs, giveUp);
    };
    told();
    try {
      return await work({
        verification,
        signal: own.signal,
        onProgress: (progress) => {
          const step = stepOf(progress, current);
          if (step !== current?.step) waitAnew();
          show({ step });
        },
        onMissingKey: () => show({ step: 'insert-key' }),
        onTouches: (touches) => {
          waitAnew();
          show({ ...touches, step: 'touch-again' });
        },
      });
    } finally {
      stopWaiting();
      current = null;
      told();
    }
  }

  return {
    current: () => current,
    touchesAsked: () => touchesAsked,
    cancel: () => {
      cancels += 1;
      abort?.abort();
    },
    mark: () => {
      const before = cancels;
      return () => cancels !== before;
    },
    run: (use, work) => {
      abort?.abort();
      const own = new AbortController();
      abort = own;
      const result = turn.then(() => runNow(own, use, work));
      turn = result.catch(() => undefined);
      return result;
    },
  };
}

const waitsForTouch = ({ step }: KeyOperation): boolean => step === 'touch-now' || step === 'touch-again';

/** A key that waits for the next touch of an enrolment says no more than that it waits. */
const stepOf = (progress: DeviceProgress, current: KeyOperation | null): KeyOperation['step'] =>
  progress === 'touch-now' && current !== null && current.needed > 0 ? 'touch-again' : progress;
