// @ts-check
/** What the user has to know, in one place above the conversation: one notice for each subject. */

import { byId, make } from "./dom.js";

const place = byId("notices", HTMLElement);

/** @typedef {{label: string, press: () => void}} Remedy what a button in the notice does */

/**
 * Show a notice; one of the same subject gives way to it.
 * @param {string} subject
 * @param {"info" | "warn" | "bad"} kind
 * @param {string} words
 * @param {Remedy} [remedy]
 */
export function tell(subject, kind, words, remedy) {
  const before = find(subject);
  if (before?.dataset.words === words) {
    return;
  }
  const notice = make("div", { class: "notice", "data-kind": kind, "data-subject": subject, "data-words": words });
  notice.append(make("p", {}, words));
  if (remedy) {
    const button = make("button", { type: "button", class: "quiet" }, remedy.label);
    button.addEventListener("click", remedy.press);
    notice.append(button);
  }
  before ? before.replaceWith(notice) : place.append(notice);
}

/**
 * Take a notice away, if it is there.
 * @param {string} subject
 */
export function untell(subject) {
  find(subject)?.remove();
}

/**
 * @param {string} subject
 * @returns {HTMLElement | null}
 */
function find(subject) {
  return place.querySelector(`[data-subject="${subject}"]`);
}
