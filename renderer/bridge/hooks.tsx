import {
  createContext,
  useCallback,
  useContext,
  useEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import type { LiveViewInput, LiveViewName, LiveViewOutput } from '#contracts/bridge/live-views.ts';
import type { RequestInput, RequestName, RequestOutput } from '#contracts/bridge/requests.ts';
import type { AppError } from '#contracts/errors.ts';
import type { Result } from '#contracts/result.ts';
import type { BridgeClient } from './client.ts';
import type { ConnectionState } from './connection.ts';

export const BridgeContext = createContext<BridgeClient | null>(null);

/** The bridge of this page. */
export function useBridge(): BridgeClient {
  const bridge = useContext(BridgeContext);
  if (bridge === null) throw new Error('no bridge above this component');
  return bridge;
}

/** How the page stands with the workstation process. */
export function useConnection(): ConnectionState {
  const bridge = useBridge();
  const subscribe = useCallback((changed: () => void) => bridge.onConnection(changed), [bridge]);
  return useSyncExternalStore(subscribe, () => bridge.connection());
}

/** A live view on the screen. While the link is lost the last value stays. */
export type ViewState<Value> =
  | { readonly status: 'loading' }
  | { readonly status: 'ready'; readonly value: Value }
  | { readonly status: 'ended'; readonly error: AppError };

/** Opens a live view for as long as the component is mounted, or not at all while `input` is null. */
export function useView<Name extends LiveViewName>(
  name: Name,
  input: LiveViewInput<Name> | null,
): ViewState<LiveViewOutput<Name>> {
  type Told = { key: string; state: ViewState<LiveViewOutput<Name>>; seen: () => void };
  const bridge = useBridge();
  const key = JSON.stringify(input);
  const [told, setTold] = useState<Told | null>(null);
  const latestInput = useRef(input);
  latestInput.current = input;

  useEffect(() => {
    if (latestInput.current === null) return;
    const view = bridge.openView(name, latestInput.current, (report) => {
      if (report.kind === 'snapshot') {
        setTold({ key, state: { status: 'ready', value: report.value }, seen: report.seen });
      } else if (report.error.code !== 'access.locked') {
        // At lock the whole screen goes: what ends a moment earlier needs no words.
        setTold({ key, state: { status: 'ended', error: report.error }, seen: () => {} });
      }
    });
    return () => view.close();
  }, [bridge, name, key]);

  // Runs after React has put the snapshot on the page: only then may the next one come.
  useEffect(() => told?.seen(), [told]);
  return told !== null && told.key === key ? told.state : { status: 'loading' };
}

/** One kind of request with its progress; `send` resolves with the outcome, which `error` repeats for the screen. */
export function useRequest<Name extends RequestName>(name: Name) {
  const bridge = useBridge();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<AppError | null>(null);
  const isMounted = useRef(true);
  useEffect(() => {
    isMounted.current = true;
    return () => {
      isMounted.current = false;
    };
  }, []);

  const send = useCallback(
    async (input: RequestInput<Name>): Promise<Result<RequestOutput<Name>>> => {
      setBusy(true);
      setError(null);
      const outcome = await bridge.request(name, input);
      if (isMounted.current) {
        setBusy(false);
        setError(outcome.ok ? null : outcome.error);
      }
      return outcome;
    },
    [bridge, name],
  );
  const clear = useCallback(() => setError(null), []);
  return { send, isBusy, error, clear };
}
