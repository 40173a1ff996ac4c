// @ts-check
/** The conversation as it is said: captions of both sides, and tool calls. Only what is final is announced. */

import { byId, make, pretty } from "./dom.js";

/** @typedef {import("../client/index.js").RealtimeRelayClient} Client */
/** @typedef {import("../client/transcript.js").Entry} Entry */

const WHO = { user: "You", assistant: "Assistant", system: "System", tool: "Tool" };

const ANEW = "A new session: what was said before is forgotten.";

const list = byId("transcript", HTMLElement);
const view = byId("words", HTMLElement);
const welcome = byId("welcome", HTMLElement);
const announcer = byId("announcer", HTMLElement);

/** @type {Map<Entry, HTMLElement>} by the entry: another session may use an id anew */
const shown = new Map();
/** @type {WeakSet<Entry>} */
const announced = new WeakSet();
/** What is announced stands for a while: of two that come at once, both are to be read. */
const ANNOUNCED = 4;

/**
 * Show what a client's transcript says, from now on.
 * @param {Client} client
 */
export function showWords(client) {
  client.addEventListener("transcript", ({ detail: { entry, transcript } }) => {
    const { entries } = transcript;
    entry && show(entry, entries);
    (!entry || shown.size > entries.length) && keepOnly(entries);
    welcome.hidden = shown.size > 0;
  });
  client.addEventListener("state", ({ detail: { state } }) => {
    for (const each of welcome.querySelectorAll("p")) {
      each.hidden = (each.dataset.while === "open") !== (state === "open");
    }
  });
}

/**
 * @param {Entry} entry
 * @param {Entry[]} all in the order of the conversation
 */
function show(entry, all) {
  const following = view.scrollHeight - view.scrollTop - view.clientHeight < 80;
  const fresh = made(entry);
  const before = shown.get(entry);
  const next = all.slice(all.indexOf(entry) + 1).find((each) => shown.has(each));
  before ? before.replaceWith(fresh) : list.insertBefore(fresh, (next && shown.get(next)) ?? null);
  !before && begins(entry, all) && fresh.before(make("li", { class: "anew" }, ANEW));
  shown.set(entry, fresh);
  if (following) {
    view.scrollTop = view.scrollHeight;
  }
  announce(entry);
}

/**
 * @param {Entry} entry
 * @param {Entry[]} all
 */
function begins({ session }, all) {
  const earlier = all.some((each) => each.session < session);
  return earlier && all.filter((each) => each.session === session).length === 1;
}

/** @param {Entry[]} entries */
function keepOnly(entries) {
  const kept = new Set(entries);
  for (const [entry, element] of shown) {
    if (!kept.has(entry)) {
      element.remove();
      shown.delete(entry);
    }
  }
  while (list.firstElementChild?.className === "anew") {
    list.firstElementChild.remove();
  }
}

/** @param {Entry} entry */
function made(entry) {
  const state = entry.final ? "final" : "partial";
  const said = make("li", { class: "said", "data-role": entry.kind, "data-state": state });
  const who = make("p", { class: "who" }, entry.tool ? `Tool call: ${entry.tool.name}` : WHO[entry.kind]);
  who.append(...marks(entry).map((mark) => make("span", { class: "mark" }, `· ${mark}`)));
  said.append(who, ...(entry.tool ? call(entry.tool) : [make("p", { class: "text" }, entry.text)]));
  return said;
}

/** @param {NonNullable<Entry["tool"]>} tool */
function call(tool) {
  const answered = tool.result !== null;
  return [
    make("p", { class: "label" }, "Arguments"),
    make("pre", {}, pretty(tool.arguments || "…")),
    make("p", { class: "label" }, answered ? "Result" : "Waiting for the result …"),
    ...(answered ? [make("pre", {}, pretty(tool.result ?? ""))] : []),
  ];
}

/** @param {Entry} entry */
function marks({ interrupted, failed }) {
  return [...(interrupted ? ["interrupted"] : []), ...(failed ? [`not understood: ${failed}`] : [])];
}

/** @param {Entry} entry */
function announce(entry) {
  const words = entry.tool?.name || entry.text || entry.failed;
  if (!entry.final || !words || announced.has(entry)) {
    return;
  }
  announced.add(entry);
  const who = entry.tool ? "Tool call" : WHO[entry.kind];
  announcer.append(make("p", {}, `${who}: ${words}`));
  announcer.childElementCount > ANNOUNCED && announcer.firstElementChild?.remove();
}
