import { useEffect, useRef } from 'react';

/** What keys do, by `KeyboardEvent.key`; `Ctrl+` in front for that key held. */
export type Shortcuts = Readonly<Record<string, (() => void) | undefined>>;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  target.closest('input:not([type=radio]), textarea, select, [contenteditable]') !== null;

/**
 * Listens for shortcuts as long as the component is mounted. Single characters do nothing while somebody types; keys
 * inside an open dialog belong to the dialog.
 */
export function useShortcuts(shortcuts: Shortcuts): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey || event.metaKey) return;
      const run = latest.current[event.ctrlKey ? `Ctrl+${event.key}` : event.key];
      if (run === undefined || document.querySelector('[role=dialog]') !== null) return;
      if (event.key.length === 1 && !event.ctrlKey && isTyping(event.target)) return;
      event.preventDefault();
      run();
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, []);
}
