import { type RefObject, useEffect, useRef } from 'react';

/**
 * Gives the keyboard a place again when what had it went away with a step or a closed dialog. `occasion` is another value after
 * such a change; whatever else has the focus by then keeps it.
 */
export function useKeptFocus(place: RefObject<HTMLElement | null>, occasion: unknown): void {
  const isFirst = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the occasion is what has it look
  useEffect(() => {
    if (isFirst.current) {
      isFirst.current = false;
      return;
    }
    // A dialog that closes gives the focus back to its button one frame later.
    let frame = requestAnimationFrame(() => {
      frame = requestAnimationFrame(() => {
        if (document.activeElement === document.body) place.current?.focus();
      });
    });
    return () => cancelAnimationFrame(frame);
  }, [occasion]);
}
