// @ts-check
/** The user's key, where one is needed: asked for, tried at once, and refused in the relay's own words. */

import { byId } from "./dom.js";
import { facts } from "./relay.js";

/** @typedef {import("./relay.js").Facts} Facts */

const card = byId("key-card", HTMLElement);
const form = byId("key-form", HTMLFormElement);
const input = byId("key", HTMLInputElement);
const told = byId("key-state", HTMLElement);

let needed = false;

/**
 * Ask for a key if the relay wants one.
 * @param {Facts} given
 * @param {(facts: Facts) => void} admitted is told what there is to choose from, once the key is good
 */
export function askForKey(given, admitted) {
  card.hidden = given.admitted;
  needed = !given.admitted;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    use(input.value.trim(), admitted);
  });
}

/** Tell whether a key is still lacking; then the field is where the user is led. */
export function keyIsMissing() {
  if (needed) {
    say("Enter your key first.", "bad");
    input.focus();
  }
  return needed;
}

/**
 * @param {string} key
 * @param {(facts: Facts) => void} admitted
 */
async function use(key, admitted) {
  if (!key) {
    say("Enter your key first.", "bad");
    return;
  }
  try {
    const given = await facts(key);
    needed = false;
    input.value = "";
    say("The relay knows this key. Press “Start talking”.", "good");
    admitted(given);
  } catch (error) {
    say(`Refused: ${error instanceof Error ? error.message : "the relay does not answer."}`, "bad");
    input.select();
  }
}

/**
 * @param {string} words
 * @param {"good" | "bad"} kind
 */
function say(words, kind) {
  told.dataset.kind = kind;
  told.textContent = words;
}
