import { createContext, useContext, useSyncExternalStore } from 'react';
import * as v from 'valibot';
import { type Language, LanguageSchema } from '#contracts/languages.ts';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

export interface Preferences {
  readonly language: Language;
  readonly theme: Theme;
  /** Who worked at this computer, the last first: her name stands first on the lock. At most {@link mostRemembered}. */
  readonly lastPeople: readonly string[];
}

const mostRemembered = 8;

/** The same with `person` as the last who worked here. */
export const rememberedAfter = (lastPeople: readonly string[], person: string): readonly string[] =>
  [person, ...lastPeople.filter((each) => each !== person)].slice(0, mostRemembered);

/** Language and theme of this computer's screen. They say nothing about a patient, so they are kept in plain. */
export interface PreferenceStore {
  get(): Preferences;
  set(change: Partial<Preferences>): void;
  subscribe(changed: () => void): () => void;
}

const personId = v.pipe(v.string(), v.uuid());
const StoredSchema = v.pipe(
  v.object({
    language: v.fallback(LanguageSchema, 'uz-Latn'),
    theme: v.fallback(v.picklist(themes), 'system'),
    lastPeople: v.fallback(v.nullable(v.pipe(v.array(personId), v.maxLength(mostRemembered))), null),
    /** Programs before kept only one. */
    lastPerson: v.fallback(v.nullable(personId), null),
  }),
  v.transform(
    ({ language, theme, lastPeople, lastPerson }): Preferences => ({
      language,
      theme,
      lastPeople: lastPeople ?? (lastPerson === null ? [] : [lastPerson]),
    }),
  ),
);
const key = 'hamshira-preferences';

/** Reads what was kept, and keeps what is set; a screen without storage works, it only forgets. */
export function openPreferences(storage: Pick<Storage, 'getItem' | 'setItem'>): PreferenceStore {
  const listeners = new Set<() => void>();
  let preferences = readStored(storage);
  return {
    get: () => preferences,
    set(change) {
      preferences = { ...preferences, ...change };
      try {
        storage.setItem(key, JSON.stringify(preferences));
      } catch {
        // A full or forbidden storage costs only the memory of the choice.
      }
      for (const listener of listeners) listener();
    },
    subscribe(changed) {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
  };
}

function readStored(storage: Pick<Storage, 'getItem'>): Preferences {
  try {
    return v.parse(StoredSchema, JSON.parse(storage.getItem(key) ?? '{}'));
  } catch {
    return v.parse(StoredSchema, {});
  }
}

export const PreferencesContext = createContext<PreferenceStore | null>(null);

/** The present preferences and the way to change them. */
export function usePreferences(): Preferences & { readonly set: PreferenceStore['set'] } {
  const store = useContext(PreferencesContext);
  if (store === null) throw new Error('no preferences above this component');
  const preferences = useSyncExternalStore(store.subscribe, store.get);
  return { ...preferences, set: store.set };
}
