import { useEffect, useRef } from 'react';
import {
  atSilence,
  noBurst,
  pressWedgeKey,
  silenceMs,
  type WedgeKey,
  type WedgeScan,
  type WedgeState,
  type WedgeStep,
} from '#clinic/scanning/wedge.ts';
import { insertText, restoreField, type SavedField, saveField } from './fields.ts';

/**
 * Listens for readers that type (DEV-14), as long as the component is mounted. `take` says whether the text means something; text
 * that a silence ended and nobody takes goes back into the field, as if it had been typed. What the reader typed before it was
 * recognised is taken out of the fields again.
 */
export function useWedge(take: (text: string, end: WedgeScan['end']) => boolean): void {
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    const watch = watchWedge(window, (text, end) => latest.current(text, end));
    return () => watch.end();
  }, []);
}

function watchWedge(page: Window, take: (text: string, end: WedgeScan['end']) => boolean): { end(): void } {
  let state: WedgeState = noBurst;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const fields = new Map<Element, SavedField>();

  const follow = (step: WedgeStep) => {
    const isOver = step.state === noBurst;
    state = step.state;
    if (step.scan !== undefined) {
      const { text, end, leaked } = step.scan;
      if (take(text, end)) for (const [field, saved] of fields) restoreField(field, saved);
      else if (end === 'silence') insertText(text.slice(leaked));
    }
    if (isOver) fields.clear();
  };
  const press = (event: KeyboardEvent) => {
    const { activeElement } = page.document;
    const step = pressWedgeKey(state, wedgeKey(event));
    // The first key of a burst: fields are as they were before it.
    if (step.state.text.length === 1) fields.clear();
    if (
      step.key === 'pass' &&
      step.state !== noBurst &&
      activeElement !== null &&
      !fields.has(activeElement)
    ) {
      const saved = saveField(activeElement);
      if (saved !== null) fields.set(activeElement, saved);
    }
    if (step.key === 'swallow') {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
    follow(step);
    clearTimeout(timer);
    if (state !== noBurst) timer = setTimeout(() => follow(atSilence(state)), silenceMs);
  };
  page.addEventListener('keydown', press, { capture: true });
  return {
    end() {
      clearTimeout(timer);
      page.removeEventListener('keydown', press, { capture: true });
    },
  };
}

const wedgeKey = (event: KeyboardEvent): WedgeKey => ({
  code: event.code,
  isShift: event.shiftKey,
  isControl: event.ctrlKey,
  isOtherModifier: event.altKey || event.metaKey,
  isRepeat: event.repeat,
  atMs: event.timeStamp,
});
