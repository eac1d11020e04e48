import { useCallback, useEffect, useRef, useState } from 'react';
import type { Proof } from '#contracts/bridge/access.ts';
import { type AppError, appError } from '#contracts/errors.ts';
import type { PersonId } from '#contracts/ids.ts';
import { fail, ok, type Result } from '#contracts/result.ts';
import type { BridgeClient } from '../bridge/client.ts';
import { useBridge } from '../bridge/hooks.tsx';
import type { KeyRoad } from './key-road.ts';
import { askKey } from './webauthn.ts';

/** Takes a proof; null when it was accepted. */
export type TakeProof = (proof: Proof) => Promise<AppError | null>;

export interface KeyAsking {
  readonly isAsking: boolean;
  readonly error: AppError | null;
  ask(pin?: string): Promise<void>;
  /** Ends what is under way; says nothing about it. */
  cancel(): void;
}

/** A finger that was not recognised is asked for again; the key itself allows fewer than this. */
const mostTouches = 8;

/** Asks a person's key on either road, and hands on what it gave. What is under way ends with the component. */
export function useKeyAsking(person: PersonId, road: KeyRoad, takeProof: TakeProof): KeyAsking {
  const bridge = useBridge();
  const [isAsking, setAsking] = useState(false);
  const [error, setError] = useState<AppError | null>(null);
  const turn = useRef(0);
  const stop = useRef<(() => void) | null>(null);

  const cancel = useCallback(() => {
    stop.current?.();
    stop.current = null;
  }, []);
  useEffect(
    () => () => {
      turn.current += 1;
      cancel();
    },
    [cancel],
  );

  const ask = async (pin?: string) => {
    cancel();
    turn.current += 1;
    const own = turn.current;
    const abort = new AbortController();
    stop.current = () => {
      abort.abort();
      if (road === 'this-computer') void bridge.request('access.cancel', {});
    };
    setAsking(true);
    setError(null);
    for (let touch = 0; touch < mostTouches; touch += 1) {
      const proof = await proofBy(bridge, road, person, pin, abort.signal);
      const failed = proof.ok ? await takeProof(proof.value) : proof.error;
      if (turn.current !== own) return;
      setError(abort.signal.aborted || failed?.code === 'access.cancelled' ? null : failed);
      if (abort.signal.aborted || !mayTouchAgain(road, failed)) break;
    }
    stop.current = null;
    setAsking(false);
  };
  return { isAsking, error, ask, cancel };
}

/** The key counts down its attempts; at zero the workstation answers that the PIN is needed. */
const mayTouchAgain = (road: KeyRoad, failed: AppError | null): boolean =>
  road === 'this-computer' &&
  failed?.code === 'access.finger-not-recognised' &&
  typeof failed.detail?.attemptsLeft === 'number' &&
  failed.detail.attemptsLeft > 0;

async function proofBy(
  bridge: BridgeClient,
  road: KeyRoad,
  person: PersonId,
  pin: string | undefined,
  signal: AbortSignal,
): Promise<Result<Proof>> {
  if (road === 'this-computer') return ok({ method: 'fido2', ...(pin === undefined ? {} : { pin }) });
  const options = await bridge.request('access.webauthn-options', { person });
  if (!options.ok) return options;
  if (options.value.slots.length === 0) return fail(appError('access.key-unknown'));
  const answered = await askKey(options.value, signal);
  if (!answered.ok) return fail(appError(answered.error));
  return ok({ method: 'webauthn', ...answered.value });
}
