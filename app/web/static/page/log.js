// @ts-check
/** Every event of both directions, for whoever builds a client: bounded, without audio, and refusals marked. */

import { byId } from "./dom.js";
import { Row } from "./log-row.js";

/** @typedef {import("../client/index.js").RealtimeRelayClient} Client */

const MOST = 400;
/** Streams that run side by side. */
const STREAMS = 8;

const list = byId("log", HTMLElement);
const count = byId("log-count", HTMLElement);
const filter = byId("log-filter", HTMLInputElement);
const pause = byId("log-pause", HTMLButtonElement);
const told = byId("log-told", HTMLElement);

/** @type {Row[]} */
let rows = [];
/** @type {Row[]} those of the streams that run now: since the last event that is no piece of one */
let running = [];
let paused = false;
let seen = 0;

/**
 * Log what a client sends and hears, from now on.
 * @param {Client} client
 */
export function logEvents(client) {
  client.addEventListener("event", ({ detail }) => add(detail));
  client.addEventListener("refused", ({ detail: { error, event } }) => refuse(event?.event_id, error));
}

/** Make the log's own controls work. */
export function startLog() {
  filter.addEventListener("input", draw);
  pause.addEventListener("click", () => setPaused(!paused));
  byId("log-copy", HTMLButtonElement).addEventListener("click", copy);
  byId("log-clear", HTMLButtonElement).addEventListener("click", clear);
}

/** @param {{direction: "in" | "out", event: any, at: number}} told */
function add(told) {
  seen += 1;
  const begun = running.find((row) => row.continues(told));
  begun ? begun.again(told) : append(new Row(told));
  paused || showCount();
}

/** @param {Row} row */
function append(row) {
  rows.push(row);
  running = row.streams ? [...running.filter(({ full }) => !full), row].slice(-STREAMS) : [];
  rows.length > MOST && rows.shift()?.element.remove();
  !paused && matches(row) && follow(() => list.append(row.element));
}

/**
 * @param {string | undefined} id
 * @param {{code: string | null, message: string}} error
 */
function refuse(id, error) {
  rows.find((row) => row.has(id))?.refuse(error.code ?? "refused");
}

/** @param {Row} row */
function matches(row) {
  return row.says(filter.value.trim().toLowerCase());
}

function draw() {
  follow(() => list.replaceChildren(...rows.filter(matches).map(({ element }) => element)));
  showCount();
  told.textContent = filter.value.trim() ? `${list.childElementCount} of ${rows.length} rows match.` : "";
}

/** @param {() => void} change */
function follow(change) {
  const following = list.scrollHeight - list.scrollTop - list.clientHeight < 48;
  change();
  if (following) {
    list.scrollTop = list.scrollHeight;
  }
}

/** @param {boolean} value */
function setPaused(value) {
  paused = value;
  pause.setAttribute("aria-pressed", String(value));
  draw();
  told.textContent = value ? "Paused: events are kept, and shown when you go on." : "";
}

async function copy() {
  const chosen = rows.filter(matches);
  const text = chosen.map((row) => row.lines()).join("\n");
  try {
    await navigator.clipboard.writeText(text);
    told.textContent = `${chosen.length} rows copied, one JSON text a line.`;
  } catch {
    told.textContent = "The browser does not let this page write to the clipboard.";
  }
}

function clear() {
  rows = running = [];
  seen = 0;
  draw();
}

function showCount() {
  count.textContent = String(seen);
}
