import {
  createContext,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import type { PersonId } from '#contracts/ids.ts';
import type { Surroundings } from '../app/surroundings.tsx';
import { useSurroundings } from '../app/surroundings.tsx';
import type { BridgeClient } from '../bridge/client.ts';
import { useBridge } from '../bridge/hooks.tsx';
import type { Draft, DraftBox, DraftSubject } from './draft-box.ts';
import { subjectKey } from './subject-key.ts';

/** The draft box of whoever is signed in. `unavailable`: typing is not kept, and the forms say so. */
export type OpenDrafts =
  | { readonly status: 'opening' }
  | { readonly status: 'open'; readonly box: DraftBox }
  | { readonly status: 'unavailable' };

export const DraftsContext = createContext<OpenDrafts>({ status: 'opening' });

const timers = {
  after(waitMs: number, run: () => void) {
    const timer = setTimeout(run, waitMs);
    return () => clearTimeout(timer);
  },
};

/** Opens the box of the signed-in person, and closes it (keys dropped) when the component goes: at lock or switch. */
export function useOpenDrafts(person: PersonId): OpenDrafts {
  const bridge = useBridge();
  const surroundings = useSurroundings();
  const [drafts, setDrafts] = useState<OpenDrafts>({ status: 'opening' });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another person has another box
  useEffect(() => {
    let isCurrent = true;
    const opening = openBox(bridge, surroundings).catch((cause: unknown) => {
      // Work goes on without drafts, and the forms say so; the cause is for the technician and holds no patient.
      console.error(cause);
      return null;
    });
    void opening.then((box) => {
      if (!isCurrent) return;
      setDrafts(box === null ? { status: 'unavailable' } : { status: 'open', box });
    });
    return () => {
      isCurrent = false;
      void opening.then((box) => box?.close());
    };
  }, [bridge, surroundings, person]);
  return drafts;
}

/** PouchDB is large and not needed to show a screen: it is loaded beside it. */
async function openBox(bridge: BridgeClient, { clock, crypto }: Surroundings): Promise<DraftBox> {
  const [{ openDraftBox }, { importDraftKeys }, { openPouchDraftStore }] = await Promise.all([
    import('./draft-box.ts'),
    import('./draft-crypto.ts'),
    import('./pouch-draft-store.ts'),
  ]);
  const answer = await bridge.request('drafts.key', {});
  if (!answer.ok) throw new Error(answer.error.code);
  const keys = await importDraftKeys(crypto, answer.value.key);
  return await openDraftBox({ store: await openPouchDraftStore(), keys, crypto, clock, timers });
}

const noDrafts: readonly Draft[] = [];

/** All drafts of the signed-in person, newest first. */
export function useDrafts(): {
  readonly drafts: readonly Draft[];
  readonly discarded: number;
  forget(subject: DraftSubject): void;
} {
  const open = useContext(DraftsContext);
  const box = open.status === 'open' ? open.box : null;
  const latest = useRef(noDrafts);
  const subscribe = useCallback((changed: () => void) => box?.onChange(changed) ?? (() => {}), [box]);
  const drafts = useSyncExternalStore(subscribe, () => {
    const now = box?.drafts() ?? noDrafts;
    const isSame =
      now.length === latest.current.length && now.every((draft, at) => draft === latest.current[at]);
    if (!isSame) latest.current = now;
    return latest.current;
  });
  const forget = useCallback((subject: DraftSubject) => void box?.forget(subject), [box]);
  return { drafts, discarded: box?.discarded ?? 0, forget };
}

/** The draft of one form. */
export interface FormDraft {
  /** False until the box has been looked into; the form waits that long with showing itself. */
  readonly isReady: boolean;
  readonly restored: Draft | null;
  keep(title: string, values: unknown): void;
  forget(): void;
  /** What is typed here is not being kept on disk. */
  readonly isUnkept: boolean;
  /** Becomes another value where the form has to begin again: with what was restored only after it had been shown (DRA-9). */
  readonly beginning: 'shown' | 'restored-late';
}

/** Longest time a form waits for the box. */
const patienceMs = 1_500;

/** What was left in the form about `subject`, and the way to keep what is typed now. */
export function useFormDraft(subject: DraftSubject): FormDraft {
  const open = useContext(DraftsContext);
  const key = subjectKey(subject);
  const [isImpatient, setImpatient] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setImpatient(true), patienceMs);
    return () => clearTimeout(timer);
  }, []);
  const box = open.status === 'open' ? open.box : null;
  const subscribe = useCallback((changed: () => void) => box?.onChange(changed) ?? (() => {}), [box]);
  const isFailing = useSyncExternalStore(subscribe, () => box?.isFailing() ?? false);
  const early = useTypedEarly(box, subject);
  // A save that began before the box was open ends with it open, and forgets what was kept meanwhile (DRA-5).
  const latestBox = useRef(box);
  latestBox.current = box;
  const restored = box?.drafts().find((draft) => subjectKey(draft.subject) === key) ?? null;
  // Decided once, when the box opens: after that a draft is what is being typed.
  const beginning = useRef<FormDraft['beginning'] | null>(null);
  if (box !== null) {
    const isLate = isImpatient && restored !== null && early.isEmpty();
    beginning.current ??= isLate ? 'restored-late' : 'shown';
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for the subject
  return useMemo(
    () => ({
      isReady: open.status !== 'opening' || isImpatient,
      restored,
      keep: (title: string, values: unknown) => {
        if (latestBox.current === null) return early.keep(title, values);
        early.forget();
        latestBox.current.keep(subject, title, values);
      },
      forget: () => {
        early.forget();
        void latestBox.current?.forget(subject);
      },
      isUnkept: open.status === 'unavailable' || isFailing,
      beginning: beginning.current ?? 'shown',
    }),
    [open, box, key, isImpatient, isFailing],
  );
}

/** What is typed into a form that is shown before the box is open; kept once it is. */
function useTypedEarly(box: DraftBox | null, subject: DraftSubject) {
  const typed = useRef<{ readonly title: string; readonly values: unknown } | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the box opens
  useEffect(() => {
    if (box === null || typed.current === null) return;
    box.keep(subject, typed.current.title, typed.current.values);
    typed.current = null;
  }, [box]);
  const [early] = useState(() => ({
    isEmpty: () => typed.current === null,
    keep(title: string, values: unknown) {
      typed.current = { title, values };
    },
    forget() {
      typed.current = null;
    },
  }));
  return early;
}
