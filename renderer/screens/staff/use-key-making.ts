import { useEffect, useRef, useState } from 'react';
import type { PersonAccess, Proof } from '#contracts/bridge/access.ts';
import { type AppError, appError } from '#contracts/errors.ts';
import { fail, type Result } from '#contracts/result.ts';
import { makeKey } from '../../access/webauthn.ts';
import type { BridgeClient } from '../../bridge/client.ts';
import { useBridge } from '../../bridge/hooks.tsx';

/** Who makes the key: the workstation, the browser through WebAuthn, or in development a simulated one. */
export type MakingRoad = 'fido2' | 'browser' | 'simulated-key';

export interface Enrolment {
  readonly person: PersonAccess['id'];
  readonly label: string;
  readonly proof: Proof | null;
  /** She lost everything she had: it ends. */
  readonly isAnew: boolean;
}

interface KeyMakingEvents {
  /** What was to show that the key is hers was not accepted. */
  readonly onProofRefused: () => void;
  readonly onDone: (done: { needsSecond: boolean }) => void;
}

/** Makes a key a way in, on any road; what is under way ends with the component. */
export function useKeyMaking({ onProofRefused, onDone }: KeyMakingEvents) {
  const bridge = useBridge();
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<AppError | null>(null);
  const abort = useRef<AbortController | null>(null);
  const stop = () => {
    abort.current?.abort();
    abort.current = null;
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the dialog goes
  useEffect(() => stop, []);

  const make = async (road: MakingRoad, enrolment: Enrolment, pin?: string) => {
    setBusy(true);
    setFailure(null);
    const own = new AbortController();
    abort.current = own;
    own.signal.addEventListener('abort', () => void bridge.request('access.cancel', {}));
    const made =
      road === 'browser'
        ? await enrolByBrowser(bridge, enrolment, own.signal)
        : await bridge.request('keys.enrol', {
            ...withoutAnew(enrolment),
            method: road,
            ...(pin === undefined ? {} : { pin }),
          });
    if (abort.current === own) abort.current = null;
    setBusy(false);
    if (made.ok) return onDone(made.value);
    if (own.signal.aborted || made.error.code === 'access.cancelled') return;
    setFailure(made.error);
    if (made.error.code === 'access.wrong-passphrase') onProofRefused();
  };
  return { isBusy, failure, make, stop };
}

/** How many times the key has asked for a touch since the work began. `asked`: since the program began, as the door tells it. */
export function useTouches(asked: number, isBusy: boolean): number {
  const [before, setBefore] = useState(asked);
  useEffect(() => {
    if (!isBusy) setBefore(asked);
  }, [asked, isBusy]);
  return isBusy ? Math.max(0, asked - before) : 0;
}

const withoutAnew = ({ isAnew: _, ...enrolment }: Enrolment) => enrolment;

async function enrolByBrowser(
  bridge: BridgeClient,
  enrolment: Enrolment,
  signal: AbortSignal,
): Promise<Result<{ needsSecond: boolean }>> {
  const { person, isAnew } = enrolment;
  const options = await bridge.request('keys.webauthn-begin', { person, isAnew });
  if (!options.ok) return options;
  const made = await makeKey(options.value, signal);
  if (!made.ok) return fail(appError(made.error));
  return await bridge.request('keys.webauthn-finish', {
    ...withoutAnew(enrolment),
    ...made.value,
    salt: options.value.salt,
  });
}
