// @ts-check
/** Whether there is a connection, and why not: in words of the close code, with what can be done about it. */

import { byId } from "./dom.js";
import { tell, untell } from "./notices.js";

/** @typedef {import("../client/index.js").RealtimeRelayClient} Client */
/** @typedef {NonNullable<Client["ending"]>} Ending */

const WORDS = {
  closed: "Not connected",
  connecting: "Connecting …",
  open: "Connected",
  reconnecting: "Reconnecting …",
};
const LOOKS = { closed: "idle", connecting: "connecting", open: "open", reconnecting: "waiting" };

const state = byId("state", HTMLElement);
const words = byId("state-words", HTMLElement);
const again = byId("reconnect", HTMLButtonElement);

/**
 * Show a client's connection.
 * @param {Client} client
 */
export function showStatus(client) {
  again.addEventListener("click", () => client.retry());
  client.addEventListener("state", ({ detail }) => {
    const failed = detail.state === "closed" && wrong(detail.ending);
    state.dataset.state = failed ? "failed" : LOOKS[detail.state];
    words.textContent = failed ? "Connection closed" : WORDS[detail.state];
    again.hidden = detail.state !== "reconnecting";
    explainEnding(client, detail);
  });
  client.addEventListener("audio", ({ detail }) => explainSound(client, detail.state));
  // In the same words each time: a number that grows would be read out every second.
  client.addEventListener("dropped", () => {
    tell("dropped", "warn", "The network is too slow for your voice: pieces of it were dropped.");
  });
  client.addEventListener("refused", ({ detail: { error, event } }) => {
    const what = event ? ` (${event.type})` : "";
    const remedy = { label: "Dismiss", press: () => untell("refused") };
    tell("refused", "warn", `Refused${what}: ${error.message ?? "no reason was given."}`, remedy);
  });
  client.addEventListener("relay.going_away", ({ detail }) => {
    const seconds = Math.round(detail.seconds_left);
    tell("relay", "info", `The relay is about to restart${seconds >= 0 ? `, in ${seconds} seconds` : ""}.`);
  });
}

/**
 * @param {Client} client
 * @param {{state: string, ending: Ending | null, attempt: number, delayMs: number | null}} told
 */
function explainEnding(client, { state: now, ending, attempt, delayMs }) {
  if (now === "open") {
    ["ending", "relay", "dropped", "refused"].forEach(untell);
  } else if (now === "reconnecting" && ending) {
    const seconds = Math.max(1, Math.round((delayMs ?? 0) / 1000));
    tell("ending", "warn", `${said(ending)} Trying again in ${seconds} s (attempt ${attempt}).`);
  } else if (now === "closed" && ending && wrong(ending)) {
    const remedy = ending.retry ? { label: "Connect again", press: () => client.retry() } : undefined;
    tell("ending", "bad", said(ending), remedy);
  } else if (now === "closed") {
    untell("ending");
  }
}

/** @param {Ending | null} ending */
function wrong(ending) {
  return ending !== null && ending.code !== 1000;
}

/**
 * Say how it ended: what the code means, and what the relay itself said of it.
 * @param {Ending} ending
 */
function said({ code, message, reason, error }) {
  const own = error?.message || reason;
  if (!code) {
    return `${message} ${own}`.trim();
  }
  const more = own && !message.includes(own) ? ` The relay says: “${own}”` : "";
  return `${message}${more} Code ${code}.`;
}

/**
 * @param {Client} client
 * @param {string} sound
 */
function explainSound(client, sound) {
  if (sound === "suspended") {
    const remedy = { label: "Turn sound on", press: () => void client.resumeAudio() };
    tell("sound", "warn", "The browser keeps this page silent until you press something here.", remedy);
  } else {
    untell("sound");
  }
}
