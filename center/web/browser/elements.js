/**
 * Makes an element. Text goes in as text, never as markup.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Readonly<Record<string, string>>} attributes
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/**
 * A button that does something.
 * @param {string} className
 * @param {string} key tells it apart from the other buttons, so that it keeps the focus when it is made anew
 * @param {string} text
 * @param {() => void} press
 */
export function button(className, key, text, press) {
  const made = element('button', { type: 'button', class: className, 'data-focus': key }, text);
  made.addEventListener('click', press);
  return made;
}

/**
 * Replaces what is in `parent`, and gives the focus back to the button that had it.
 * @param {Element} parent
 * @param {readonly Node[]} children
 */
export function fill(parent, children) {
  const focused =
    document.activeElement instanceof HTMLElement ? document.activeElement.dataset.focus : undefined;
  const hadFocus = parent.contains(document.activeElement);
  parent.replaceChildren(...children);
  if (!hadFocus || focused === undefined) return;
  const again = parent.querySelector(`[data-focus="${CSS.escape(focused)}"]`);
  if (again instanceof HTMLElement) again.focus();
}

/**
 * The element with that id; the shell has it.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no #${id}.`);
  return found;
}
