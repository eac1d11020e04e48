/** What stood in a field before a reader began to type into it. */
export interface SavedField {
  readonly value: string;
  readonly start: number | null;
  readonly end: number | null;
}

/** What a field holds now; null for what takes no text. */
export function saveField(element: Element): SavedField | null {
  if (!isTextField(element)) return null;
  // Some kinds of input know no selection.
  return { value: element.value, start: element.selectionStart, end: element.selectionEnd };
}

/** Gives a field back what it held, and tells whoever listens to its input. */
export function restoreField(element: Element, saved: SavedField): void {
  if (!isTextField(element) || !element.isConnected || element.value === saved.value) return;
  // React looks at the setter of the element's own property; the prototype's is the one that it notices.
  const prototype =
    element instanceof HTMLInputElement ? HTMLInputElement.prototype : HTMLTextAreaElement.prototype;
  Object.getOwnPropertyDescriptor(prototype, 'value')?.set?.call(element, saved.value);
  element.dispatchEvent(new Event('input', { bubbles: true }));
  if (saved.start !== null) element.setSelectionRange(saved.start, saved.end);
}

/** Puts text where the cursor is, as if it had been typed. */
export function insertText(text: string): void {
  const { activeElement } = document;
  if (text === '' || activeElement === null || !isTextField(activeElement)) return;
  if (activeElement.selectionStart === null) return;
  const { selectionStart: start, selectionEnd: end, value } = activeElement;
  const at = start + text.length;
  restoreField(activeElement, {
    value: value.slice(0, start) + text + value.slice(end ?? start),
    start: at,
    end: at,
  });
}

const isTextField = (element: Element): element is HTMLInputElement | HTMLTextAreaElement =>
  element instanceof HTMLTextAreaElement ||
  (element instanceof HTMLInputElement && /^(text|search|tel|password|number|url|email)$/.test(element.type));
