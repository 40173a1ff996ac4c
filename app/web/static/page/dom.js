// @ts-check
/** The page's elements: found by id, and made without any text ever being read as HTML. */

/**
 * Find an element that the page has.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind what it must be
 * @returns {T}
 */
export function byId(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) {
    throw new Error(`The page has no ${kind.name} #${id}.`);
  }
  return found;
}

/**
 * Make an element; attributes that are null or false are left out.
 * @param {string} name
 * @param {Record<string, string | number | boolean | null>} [attributes]
 * @param {...(Node | string)} children text is text
 * @returns {HTMLElement}
 */
export function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) {
      made.setAttribute(key, value === true ? "" : String(value));
    }
  }
  made.append(...children);
  return made;
}

/**
 * Fill a list of choices, and keep what is chosen if it is still there.
 * @param {HTMLSelectElement} select
 * @param {{value: string, label: string}[]} choices
 */
export function offer(select, choices) {
  const chosen = select.value;
  select.replaceChildren(...choices.map(({ value, label }) => make("option", { value }, label)));
  if (choices.some(({ value }) => value === chosen)) {
    select.value = chosen;
  }
}

/**
 * Show JSON as people read it; what is no JSON stays as it is.
 * @param {string} text
 */
export function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
